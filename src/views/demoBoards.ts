import * as vscode from 'vscode';
import { parseAddress } from '../core/address';
import type { BoardSource, Found } from '../core/board/discovery';
import { Emitter } from '../core/events';

const KEY = 'mpyFleet.demoBoards';

/** Demo boards that the user has started; they are there again in the next window, with their files. */
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

  /** Nothing has to be looked for. */
  start(): void {
    this.#changed.fire();
  }

  /** One more demo board, in the place of the first that is free. @returns its address */
  async add(): Promise<Found> {
    const taken = new Set(this.#found.map((f) => f.address.rest));
    let number = 1;
    while (taken.has(String(number))) number++;
    const found = demoFound(String(number));
    await this.#set([...this.#found, found]);
    return found;
  }

  /** Takes the board at `address` (canonical text) away; its files are kept for the next one in its place. */
  async remove(address: string): Promise<void> {
    await this.#set(this.#found.filter((f) => f.address.text !== address));
  }

  async #set(found: readonly Found[]): Promise<void> {
    this.#found = found;
    this.#changed.fire();
    await this.memento.update(
      KEY,
      found.map((f) => f.address.rest),
    );
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

function demoFound(rest: string): Found {
  return {
    address: parseAddress(`demo:${rest}`),
    likely: true,
    label: rest === '1' ? vscode.l10n.t('Demo board') : vscode.l10n.t('Demo board {0}', rest),
  };
}
