import * as l10n from '@vscode/l10n';
import type { Clock } from '../async';
import { concat, utf8 } from '../bytes';
import { ConnectionLostError } from '../errors';
import { DisposableStore, Emitter } from '../events';
import type { TerminalStream, Transport } from '../transport';
import { Typing } from './typing';

/** Bytes of past output kept for terminals that are opened later. */
const HISTORY_LIMIT = 64 * 1024;
const LINE_FEED = 0x0a;

/** Formats a message of the extension for a terminal: dim, in brackets. */
export function noteLine(text: string): string {
  return `\x1b[2m[${text}]\x1b[0m\r\n`;
}

/**
 * A board's console. It outlives connections: terminals subscribe once and continue across resets,
 * unplugging and a change of link. Output printed before a terminal opens is kept, within a limit.
 */
export class BoardConsole {
  readonly #output = new Emitter<Uint8Array>();
  readonly #attached = new Emitter<TerminalStream | undefined>();
  readonly #noted = new Emitter<string>();
  readonly onData = this.#output.event;
  /** Fires with a message of the extension, without brackets, to be shown dim on its own line. */
  readonly onNote = this.#noted.event;
  /** The link under the console has changed; undefined: there is no link. */
  readonly onDidAttach = this.#attached.event;
  readonly typing: Typing;
  #history: Uint8Array[] = [];
  #historySize = 0;
  #stream: TerminalStream | undefined;
  #connection = new DisposableStore();

  constructor(clock: Clock) {
    this.typing = new Typing(clock);
  }

  /** The REPL of the open link; undefined without one. */
  get stream(): TerminalStream | undefined {
    return this.#stream;
  }

  /** Whether a terminal, a log or another reader follows the output. */
  get isWatched(): boolean {
    return this.#output.hasListeners;
  }

  /** The last output, at most 64 KiB. */
  get history(): Uint8Array {
    return concat(this.#history);
  }

  /** Shows the output of an open link from now on, instead of the previous one. */
  attach(transport: Transport): void {
    this.detach();
    const stream = transport.terminal();
    this.#stream = stream;
    if (stream) this.#connection.add(stream.onData((chunk) => this.show(chunk)));
    this.#attached.fire(stream);
  }

  /** Detaches from the link. Does nothing if there is none. */
  detach(): void {
    this.#connection.dispose();
    this.#connection = new DisposableStore();
    if (!this.#stream) return;
    this.#stream = undefined;
    this.#attached.fire(undefined);
  }

  /** Shows `chunk` in every terminal of this board, e.g. the output of a run. */
  show(chunk: Uint8Array): void {
    this.#keep(chunk);
    this.#output.fire(chunk);
  }

  /** Shows a message of the extension in every terminal of this board, on its own line. */
  note(text: string): void {
    this.#keep(utf8(`${this.#lineStart()}${noteLine(text)}`));
    this.#noted.fire(text);
  }

  /** Shows a prompt that the board does not print itself, on its own line. */
  prompt(text: string): void {
    if (text !== '') this.show(utf8(`${this.#lineStart()}${text}`));
  }

  /** Returns what ends the last line of the output, if it has not ended. */
  #lineStart(): string {
    const last = this.#history.at(-1)?.at(-1);
    return last === undefined || last === LINE_FEED ? '' : '\r\n';
  }

  #keep(chunk: Uint8Array): void {
    this.#history.push(chunk);
    this.#historySize += chunk.length;
    while (this.#historySize > HISTORY_LIMIT && this.#history.length > 1) {
      this.#historySize -= this.#history.shift()?.length ?? 0;
    }
  }

  /** Sends the user's input. @throws ConnectionLostError while no link is open */
  async write(data: Uint8Array): Promise<void> {
    if (!this.#stream) {
      throw new ConnectionLostError(l10n.t('The board is not connected'), {
        hint: l10n.t('Connect the board; the terminal resumes automatically.'),
      });
    }
    this.typing.typed(data);
    await this.#stream.write(data);
  }
}
