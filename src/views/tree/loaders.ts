import * as vscode from 'vscode';
import type { LoaderDrive } from '../../core/flash';
import { Emitter, type Disposable } from '../../core/events';

/** A board in its loader, which is a drive, or a debug probe's drive. */
export interface LoaderNode {
  readonly kind: 'loader';
  readonly drive: LoaderDrive;
}

/**
 * Milliseconds between two searches for drives. Systems report new drives only to programs with
 * native code.
 */
const LOOK_MS = 2000;

/** The drives of loaders that are plugged in now. Searches only while they are watched. */
export class LoaderDrives implements Disposable {
  readonly #changed = new Emitter<void>();
  readonly onDidChange = this.#changed.event;
  #timer: NodeJS.Timeout | undefined;
  #watchers = 0;
  #nodes: readonly LoaderNode[] = [];

  constructor(private readonly log: { warn(message: string): void }) {}

  get nodes(): readonly LoaderNode[] {
    return this.#nodes;
  }

  /** Searches while the view is visible. */
  lookFor(view: vscode.TreeView<unknown>): Disposable {
    let watching: Disposable | undefined;
    const follow = () => {
      watching?.dispose();
      watching = view.visible ? this.watch() : undefined;
    };
    follow();
    return view.onDidChangeVisibility(follow);
  }

  /** Searches until the result is disposed. */
  watch(): Disposable {
    if (this.#watchers++ === 0) this.#lookAgain();
    let isOver = false;
    return {
      dispose: () => {
        if (isOver) return;
        isOver = true;
        if (--this.#watchers === 0) this.#stop();
      },
    };
  }

  #lookAgain(): void {
    const timer = setTimeout(() => {
      this.#look()
        .catch((error: unknown) => this.log.warn(`Looking for drives: ${String(error)}`))
        .finally(() => {
          if (this.#timer === timer) this.#lookAgain();
        });
    }, LOOK_MS);
    this.#timer = timer;
  }

  async #look(): Promise<void> {
    const { findDrives } = await import('../../core/flash/drives');
    const drives = await findDrives();
    const same = (a: LoaderDrive, b: LoaderDrive) => a.path === b.path && a.info === b.info;
    const isOld = (d: LoaderDrive) => this.#nodes.some(({ drive }) => same(drive, d));
    if (drives.length === this.#nodes.length && drives.every(isOld)) return;
    // The object of a row is reused, because its menu acts on it.
    this.#nodes = drives.map(
      (drive) => this.#nodes.find((node) => same(node.drive, drive)) ?? { kind: 'loader', drive },
    );
    this.#changed.fire();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  dispose(): void {
    this.#stop();
    this.#changed.dispose();
  }
}

/** Returns the row of a board in its loader. A click asks for its firmware. */
export function loaderItem(node: LoaderNode): vscode.TreeItem {
  const { drive } = node;
  const item = new vscode.TreeItem(drive.name, vscode.TreeItemCollapsibleState.None);
  item.id = `loader|${drive.path}`;
  item.iconPath = new vscode.ThemeIcon('zap');
  item.description =
    drive.kind === 'uf2'
      ? vscode.l10n.t('in its loader')
      : vscode.l10n.t('drive for .hex firmware');
  item.tooltip = drive.path;
  item.contextValue = 'loader';
  item.command = {
    command: 'mpyFleet.flashFirmware',
    title: vscode.l10n.t('Flash Firmware…'),
    arguments: [node],
  };
  return item;
}
