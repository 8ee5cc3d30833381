import * as vscode from 'vscode';
import { callCommand } from '../callCommand';
import { Queue } from '../../core/async';
import type { Board, Fleet } from '../../core/board';
import { utf8 } from '../../core/bytes';
import { asError, CancelledError } from '../../core/errors';
import { DisposableStore, type Disposable } from '../../core/events';
import type { Log } from '../../core/log';
import { type InputPiece, LineInput, pasteCode, PasteSplitter, TypeAhead } from '../../core/repl';
import type { Settings } from '../settings';
import { ReplOutput } from './replOutput';

const CTRL_C = '\x03';
const BRACKETED_PASTE_ON = '\x1b[?2004h';

/** Milliseconds that a job must take before the terminal mentions it. */
const BUSY_NOTICE_MS = 400;

export interface TerminalServices {
  readonly fleet: Fleet;
  readonly settings: Settings;
  readonly log: Log;
}

/** A board's REPL in a terminal. It survives resets, unplugging and a change of link, each shown in one dim line. */
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
  readonly #ahead = new TypeAhead();
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
    else this.#prompt();
  }

  close(): void {
    this.#subscriptions.dispose();
    this.onClosed();
  }

  /** Switches to another node of the tree that the board turned out to be. */
  rebind(board: Board): void {
    this.board = board;
    this.#lines = undefined;
    this.#subscribe();
    this.#rename();
  }

  /** Sends keys to the running code until the result is disposed. */
  feed(write: (data: Uint8Array) => Promise<void>): Disposable {
    this.#feed = write;
    return {
      dispose: () => {
        if (this.#feed === write) this.#feed = undefined;
      },
    };
  }

  handleInput(data: string): void {
    for (const piece of this.#splitter.split(data)) this.#take(piece);
  }

  #take(piece: InputPiece): void {
    const { kind, text } = piece;
    const onError = (error: unknown) => this.#output.note(asError(error).message);
    const keys = text.replace(/\r?\n/g, '\r');
    const stops = kind === 'keys' && keys.includes(CTRL_C);
    if (!stops && this.#mustWait()) {
      this.#keep(piece);
    } else if (kind === 'paste' && this.#isCode(text)) {
      this.#pastes.run(() => this.#paste(text)).catch(onError);
    } else if (stops) {
      this.#pasting?.abort(new CancelledError());
      this.#ahead.take(); // like a terminal: keys typed before Ctrl-C are discarded
      this.#send(keys).catch(onError);
    } else if (this.#pastes.length > 0) {
      // A key must not get into pasted text.
      this.#pastes.run(() => this.#send(keys)).catch(onError);
    } else {
      this.#send(keys).catch(onError);
    }
  }

  /** Returns whether keys must wait: a job uses the board, and its code does not read keys. */
  #mustWait(): boolean {
    const { console, state } = this.board;
    const busy = state.tag === 'busy' || !this.#ahead.isEmpty;
    return busy && !this.#feed && console.stream !== undefined && !console.stream.lineMode;
  }

  #keep(piece: InputPiece): void {
    if (!this.#ahead.keep(piece)) {
      this.#output.note(
        vscode.l10n.t('The board is busy and this text is too long to be kept: it was not sent'),
      );
      return;
    }
    if (this.#busyForLong()) this.#tellBusy();
  }

  /**
   * Passes keys that were typed during a job to the prompt, unless the next job has started or the
   * board is not connected.
   */
  #release(): void {
    if (this.#ahead.isEmpty || this.board.state.tag === 'busy') return;
    const pieces = this.#ahead.take();
    if (this.board.console.stream) for (const piece of pieces) this.#take(piece);
    else this.#output.note(vscode.l10n.t('Keys typed in the meantime were not sent'));
  }

  /**
   * Sends several lines to an idle prompt. A program that reads its input receives a paste like
   * typed text.
   */
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
      if (/[\r\n]/.test(keys)) await callCommand('mpyFleet.connect', this.board.id);
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
    else await console.write(utf8(keys));
  }

  #busyForLong(): boolean {
    return this.#busySince !== undefined && performance.now() - this.#busySince > BUSY_NOTICE_MS;
  }

  #tellBusy(): void {
    const { state } = this.board;
    if (this.#busyTold || state.tag !== 'busy') return;
    this.#busyTold = true;
    this.#output.note(
      vscode.l10n.t('{0}… Your keys are sent when it is done; Ctrl-C stops it', state.job),
    );
  }

  #subscribe(): void {
    this.#subscriptions.dispose();
    this.#subscriptions = new DisposableStore();
    const { console } = this.board;
    const print = (work: () => void) => {
      if (this.#lines) this.#lines.around(work);
      else work();
    };
    this.#subscriptions.add(console.onData((chunk) => print(() => this.#output.show(chunk))));
    this.#subscriptions.add(console.onNote((text) => print(() => this.#output.note(text))));
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
    if (busy) return;
    this.#busyTold = false;
    // A job that waited for this one starts in the same turn, before the typed keys.
    if (!this.#ahead.isEmpty) setImmediate(() => this.#release());
  }

  /** Prints the prompt of a board behind a broker, which prints none itself. */
  #prompt(): void {
    const prompt = this.board.console.stream?.lineMode?.prompt();
    if (prompt !== undefined) this.#output.prompt(prompt);
  }

  #rename(): void {
    if (this.#name === this.board.name) return;
    this.#name = this.board.name;
    this.#renamed.fire(this.#name);
  }

  #away(): string {
    if (!this.board.wanted) return vscode.l10n.t('Disconnected. Press Enter to connect');
    return this.board.state.tag === 'connecting'
      ? vscode.l10n.t('Connecting…')
      : vscode.l10n.t('The board is away; the terminal resumes when it is back');
  }
}
