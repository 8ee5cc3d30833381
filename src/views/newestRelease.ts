import * as vscode from 'vscode';
import type { Board } from '../core/board';
import { Emitter, type Disposable } from '../core/events';
import { type CatalogueFile, compareReleases, newestRelease } from '../core/flash';

const KEY = 'newestRelease';

/**
 * The newest release of MicroPython that the firmware catalogue has shown on this computer. It is
 * stored; no request is made for it.
 */
export class NewestRelease implements Disposable {
  readonly #changed = new Emitter<void>();
  readonly onDidChange = this.#changed.event;

  constructor(private readonly state: Pick<vscode.Memento, 'get' | 'update'>) {}

  /** Remembers the newest release in a list of firmware that the user requested. */
  async see(files: readonly CatalogueFile[]): Promise<void> {
    const seen = newestRelease(files);
    const known = this.state.get<string>(KEY);
    if (seen === undefined) return;
    if (known !== undefined && (compareReleases(known, seen) ?? -1) >= 0) return;
    await this.state.update(KEY, seen);
    this.#changed.fire();
  }

  /** Returns a mark for a board whose MicroPython is older: `1.29 is out`. */
  markOf({ info }: Board): string | undefined {
    const newest = this.state.get<string>(KEY);
    const { implementation, version } = info ?? {};
    if (newest === undefined || version === undefined || implementation !== 'micropython') return;
    if ((compareReleases(version, newest) ?? 0) >= 0) return undefined;
    return vscode.l10n.t('{0} is out', newest.replace(/\.0$/, ''));
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
