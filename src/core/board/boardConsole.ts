import type { Clock } from '../async';
import { concat } from '../bytes';
import { ConnectionLostError } from '../errors';
import { DisposableStore, Emitter } from '../events';
import type { TerminalStream, Transport } from '../transport';
import { Typing } from './typing';

/** Bytes of past output kept for a terminal that is opened later. */
const HISTORY_LIMIT = 64 * 1024;

/**
 * A board's console, which outlives its connections: terminals subscribe once and go on over resets, unplugging and a
 * change of link. What main.py prints before a terminal is open is kept, within bounds.
 */
export class BoardConsole {
  readonly #output = new Emitter<Uint8Array>();
  readonly #attached = new Emitter<TerminalStream | undefined>();
  readonly onData = this.#output.event;
  /** The link under the console has changed; undefined: there is none. */
  readonly onDidAttach = this.#attached.event;
  readonly typing: Typing;
  #history: Uint8Array[] = [];
  #historySize = 0;
  #stream: TerminalStream | undefined;
  #connection = new DisposableStore();

  constructor(clock: Clock) {
    this.typing = new Typing(clock);
  }

  /** The REPL of the open link, undefined while there is none. */
  get stream(): TerminalStream | undefined {
    return this.#stream;
  }

  /** The last output, at most 64 KiB. */
  get history(): Uint8Array {
    return concat(this.#history);
  }

  attach(transport: Transport): void {
    this.detach();
    const stream = transport.terminal();
    this.#stream = stream;
    if (stream) this.#connection.add(stream.onData((chunk) => this.show(chunk)));
    this.#attached.fire(stream);
  }

  detach(): void {
    this.#connection.dispose();
    this.#connection = new DisposableStore();
    if (!this.#stream) return;
    this.#stream = undefined;
    this.#attached.fire(undefined);
  }

  /** Shows `chunk` in every terminal of this board (what a run prints, for one). */
  show(chunk: Uint8Array): void {
    this.#history.push(chunk);
    this.#historySize += chunk.length;
    while (this.#historySize > HISTORY_LIMIT && this.#history.length > 1) {
      this.#historySize -= this.#history.shift()?.length ?? 0;
    }
    this.#output.fire(chunk);
  }

  /** Sends what the user typed. @throws ConnectionLostError while no link is open */
  async write(data: Uint8Array): Promise<void> {
    if (!this.#stream) {
      throw new ConnectionLostError('The board is not connected', {
        hint: 'Connect the board; the terminal goes on by itself.',
      });
    }
    this.typing.typed(data);
    await this.#stream.write(data);
  }
}
