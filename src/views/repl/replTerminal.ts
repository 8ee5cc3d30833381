import * as vscode from 'vscode';
import { Queue } from '../../core/async';
import type { Board } from '../../core/board/board';
import { utf8 } from '../../core/bytes';
import { asError, CancelledError } from '../../core/errors';
import { DisposableStore, type Disposable } from '../../core/events';
import { pasteCode } from '../../core/repl/pasteMode';
import { PasteSplitter } from '../../core/repl/pasteSplitter';
import { LineInput } from './lineInput';
import { ReplOutput } from './replOutput';
import type { TerminalServices } from './terminals';

const CTRL_C = '\x03';
const BRACKETED_PASTE_ON = '\x1b[?2004h';

/** A job shorter than this is not worth a line; keys typed meanwhile reach the prompt after it. */
const BUSY_NOTICE_MS = 400;

/** A board's REPL in a terminal. It outlives resets, unplugging and changes of link: one dim line says what happened. */
export class ReplTerminal implements vscode.Pseudoterminal {
  readonly #written = new vscode.EventEmitter<string>();
  readonly #renamed = new vscode.EventEmitter<string>();
  readonly onDidWrite = this.#written.event;
  readonly onDidChangeName = this.#renamed.event;
  readonly #output = new ReplOutput((text) => this.#written.fire(text));
  readonly #splitter = new PasteSplitter();
  #subscriptions = new DisposableStore();
  #feed: ((data: Uint8Array) => Promise<void>) | undefined;
  #name: string;
  #lines: LineInput | undefined;
  #pasting: AbortController | undefined;
  readonly #pastes = new Queue();
  #busySince: number | undefined;
  #busyTold = false;

  constructor(
    private board: Board,
    private readonly services: TerminalServices,
    private readonly onClosed: () => void,
  ) {
    this.#name = board.name;
  }

  open(): void {
    this.#written.fire(BRACKETED_PASTE_ON);
    this.#output.show(this.board.console.history);
    this.#subscribe();
    const { console } = this.board;
    if (!console.stream) this.#output.note(this.#away());
    else if (console.history.length === 0) this.#prompt();
  }

  close(): void {
    this.#subscriptions.dispose();
    this.onClosed();
  }

  /** The board turned out to be another node of the tree. */
  rebind(board: Board): void {
    this.board = board;
    this.#lines = undefined;
    this.#subscribe();
    this.#rename();
  }

  /** Keys go to the code that runs until the answer is disposed. */
  feed(write: (data: Uint8Array) => Promise<void>): Disposable {
    this.#feed = write;
    return {
      dispose: () => {
        if (this.#feed === write) this.#feed = undefined;
      },
    };
  }

  handleInput(data: string): void {
    const onError = (error: unknown) => this.#output.note(asError(error).message);
    for (const { kind, text } of this.#splitter.split(data)) {
      const keys = text.replace(/\r?\n/g, '\r');
      if (kind === 'paste' && this.#isCode(text)) {
        this.#pastes.run(() => this.#paste(text)).catch(onError);
      } else if (kind === 'keys' && keys.includes(CTRL_C)) {
        this.#pasting?.abort(new CancelledError());
        this.#send(keys).catch(onError);
      } else if (this.#pastes.length > 0) {
        // A key must not get into what is being pasted.
        this.#pastes.run(() => this.#send(keys)).catch(onError);
      } else {
        this.#send(keys).catch(onError);
      }
    }
  }

  /** Several lines for an idle prompt; to a program that reads its input a paste is what was typed. */
  #isCode(text: string): boolean {
    const { console, state } = this.board;
    const lines = text.trimEnd().split(/\r\n|\r|\n/);
    return (
      lines.length > 1 &&
      state.tag === 'idle' &&
      console.stream !== undefined &&
      this.services.settings.get('repl.pasteMode')
    );
  }

  async #paste(text: string): Promise<void> {
    const pasting = new AbortController();
    this.#pasting = pasting;
    try {
      const { console } = this.board;
      const { signal } = pasting;
      if (console.stream?.lineMode) {
        await console.stream.lineMode.paste(text);
        return;
      }
      const link = { onData: console.onData, write: (data: Uint8Array) => console.write(data) };
      await this.board.holdConsole(() => pasteCode(link, text, { signal }), signal);
    } catch (error) {
      if (!(error instanceof CancelledError)) throw error;
    } finally {
      this.#pasting = undefined;
    }
  }

  async #send(keys: string): Promise<void> {
    const { console } = this.board;
    if (!console.stream) {
      if (/[\r\n]/.test(keys))
        await vscode.commands.executeCommand('mpyFleet.connect', this.board.id);
      return;
    }
    if (console.stream.lineMode && !this.#feed) {
      this.#lines ??= new LineInput(console, this.#output, (error) =>
        this.#output.note(asError(error).message),
      );
      await this.#lines.input(keys);
      return;
    }
    if (keys.includes(CTRL_C) && (this.#feed ?? this.board.state.tag === 'busy')) {
      await this.board.interrupt();
      return;
    }
    if (this.#feed) await this.#feed(utf8(keys));
    else if (this.#busyForLong()) this.#tellBusy();
    else await console.write(utf8(keys));
  }

  #busyForLong(): boolean {
    return this.#busySince !== undefined && performance.now() - this.#busySince > BUSY_NOTICE_MS;
  }

  #tellBusy(): void {
    const { state } = this.board;
    if (this.#busyTold || state.tag !== 'busy') return;
    this.#busyTold = true;
    this.#output.note(vscode.l10n.t('{0}… Ctrl-C stops it', state.job));
  }

  #subscribe(): void {
    this.#subscriptions.dispose();
    this.#subscriptions = new DisposableStore();
    const { console } = this.board;
    this.#subscriptions.add(
      console.onData((chunk) => {
        const print = () => this.#output.show(chunk);
        if (this.#lines) this.#lines.around(print);
        else print();
      }),
    );
    this.#subscriptions.add(
      console.onDidAttach((stream) => {
        this.#output.note(stream ? vscode.l10n.t('Connected') : this.#away());
        this.#prompt();
      }),
    );
    this.#subscriptions.add(this.board.onDidChange(() => this.#boardChanged()));
    this.#subscriptions.add(
      this.services.fleet.onDidChangeBoard((b) => {
        if (b === this.board) this.#rename();
      }),
    );
  }

  #boardChanged(): void {
    const busy = this.board.state.tag === 'busy';
    if (!busy) this.#busySince = undefined;
    else this.#busySince ??= performance.now();
    if (!busy) this.#busyTold = false;
  }

  /** A board behind a broker does not print one by itself. */
  #prompt(): void {
    this.#output.text(this.board.console.stream?.lineMode?.prompt() ?? '');
  }

  #rename(): void {
    if (this.#name === this.board.name) return;
    this.#name = this.board.name;
    this.#renamed.fire(this.#name);
  }

  #away(): string {
    return this.board.state.tag === 'disconnected'
      ? vscode.l10n.t('Not connected. Enter connects')
      : vscode.l10n.t('The board is away; this goes on when it is back');
  }
}
