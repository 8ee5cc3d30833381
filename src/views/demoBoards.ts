import { fullPlace } from '../core/address';
import * as vscode from 'vscode';
import { demoAddress } from '../core/parseAddress';
import type { BoardSource, Found } from '../core/board';
import { Emitter } from '../core/events';

const KEY = 'mpyFleet.demoBoards';

/** Demo boards that the user has started. They return in the next window, with their files. */
export class DemoBoards implements BoardSource {
  readonly #changed = new Emitter<void>();
  readonly onDidChange = this.#changed.event;
  #found: readonly Found[];

  constructor(private readonly memento: vscode.Memento) {
    this.#found = memento.get<string[]>(KEY, []).map(demoFound);
  }

  get found(): readonly Found[] {
    return this.#found;
  }

  /** Reports the stored boards. There is nothing to discover. */
  start(): void {
    this.#changed.fire();
  }

  /** Adds a demo board at the first free place. @returns its address */
  async add(): Promise<Found> {
    const taken = new Set(this.#found.map((f) => fullPlace(f.address)));
    let number = 1;
    while (taken.has(String(number))) number++;
    const found = demoFound(String(number));
    await this.#set([...this.#found, found]);
    return found;
  }

  /**
   * Removes the board at `address` (canonical text). The next board at its place gets its files.
   */
  async remove(address: string): Promise<void> {
    await this.#set(this.#found.filter((f) => f.address.text !== address));
  }

  async #set(found: readonly Found[]): Promise<void> {
    this.#found = found;
    this.#changed.fire();
    await this.memento.update(
      KEY,
      found.map((f) => fullPlace(f.address)),
    );
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

function demoFound(id: string): Found {
  return {
    address: demoAddress(id),
    likely: true,
    label: id === '1' ? vscode.l10n.t('Demo board') : vscode.l10n.t('Demo board {0}', id),
  };
}
