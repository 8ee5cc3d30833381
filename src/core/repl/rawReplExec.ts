import * as l10n from '@vscode/l10n';
import { Deferred, abortError } from '../async';
import { concat } from '../bytes';
import { ProtocolError, asError, NoRawPasteError } from '../errors';
import { pythonError } from '../python/python';
import { CTRL_C } from './controlKeys';
import { CANCEL_PLAIN, PlainCode } from './plainCode';
import { END_OF_CODE, RawPaste } from './rawPaste';
import { RawFraming, type FrameEnd } from './rawReplFraming';
import { OutputCollector } from './rawReplOutput';
import type { ExecLine } from './execLine';
import { Patience, stopCode } from './rawReplStop';
import { SilenceWatch } from './rawReplSilence';
import type { ExecOptions } from '../transport';

/**
 * handshake: raw-paste has been requested. window: waiting for its two length bytes. sending:
 * sending code with credit. plain: sending code without credit. ended: all sent, not yet confirmed.
 * running, done.
 */
type Phase = 'handshake' | 'window' | 'sending' | 'plain' | 'ended' | 'running' | 'done';

/** The protocol's state machine for one piece of code in the raw REPL. */
export class Execution {
  #phase: Phase = 'handshake';
  #seen: Uint8Array = new Uint8Array(); // bytes before the answer that the phase waits for
  readonly #watch: SilenceWatch;
  #stopping: Error | undefined;
  #patience: Patience | undefined; // set while it is being stopped
  readonly #paste: RawPaste;
  readonly #plain: PlainCode;
  readonly #output: OutputCollector;
  readonly #framing = new RawFraming((bytes) => this.#take(bytes));
  readonly #done = new Deferred<Uint8Array>();
  readonly #onAbort = () => {
    if (this.options.signal) this.stop(abortError(this.options.signal));
  };

  constructor(
    code: Uint8Array,
    private readonly options: ExecOptions,
    private readonly line: ExecLine,
  ) {
    this.#output = new OutputCollector(options.onStdout);
    this.#paste = new RawPaste(code);
    this.#plain = new PlainCode(code, line);
    const patience = { clock: line.clock, answerMs: options.answerMs ?? line.answerMs };
    this.#watch = new SilenceWatch(patience, options.idleTimeoutMs, {
      settle: () => this.#settle(),
      endsInBanner: () => this.#output.endsInBanner,
      fail: (error) => this.fail(error),
      stop: (error) => this.stop(error),
    });
  }

  /** Bytes after the end that do not belong to it (printed by a thread). */
  rest: Uint8Array = new Uint8Array();
  rawPaste: boolean | undefined; // undefined until the board has said whether it supports it
  /** The raw-paste window that the board offered; 0: unknown. */
  get window(): number {
    return this.#paste.window;
  }
  /** The board gave an impossible answer, so what it did with the code is unknown. */
  outOfStep = false;
  /** Bytes were sent to the code's stdin; some may remain unread before the next command. */
  usedStdin = false;

  /**
   * Sends the code and returns its output. `rawPaste`: whether the board supports raw-paste, if
   * known. `ahead`: number of code bytes that it accepts without credit.
   * @throws like {@link Session.exec}
   */
  async run(rawPaste: boolean | undefined, ahead: number): Promise<Uint8Array> {
    if (rawPaste === false && this.options.pasteOnly) throw new NoRawPasteError();
    this.options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    try {
      this.rawPaste = rawPaste;
      if (rawPaste === false) this.#sendPlain();
      else this.#send(this.#paste.ask(ahead));
      this.#arm();
      return await this.#done.promise;
    } finally {
      this.#phase = 'done';
      this.#watch.dispose();
      this.options.signal?.removeEventListener('abort', this.#onAbort);
    }
  }

  /** Fails the code, because the link has ended or the protocol failed. */
  fail(error: Error): void {
    this.#phase = 'done';
    this.#done.reject(error);
  }

  /** Interrupts the code without judging the result, which is usually a KeyboardInterrupt. */
  interrupt(): void {
    if (this.#phase === 'running') this.#send(CTRL_C);
  }

  /** Interrupts the code; `run` rejects with `reason` once the board is back at its prompt. */
  stop(reason: Error): void {
    if (this.#stopping || this.#phase === 'done') return;
    this.#stopping = reason;
    if (this.#phase !== 'handshake' && this.#phase !== 'window') this.#stopNow();
  }

  /** Processes bytes from the board. */
  feed(chunk: Uint8Array): void {
    this.#patience?.heard();
    let rest: Uint8Array | undefined = chunk;
    while (rest && rest.length > 0) rest = this.#step(rest);
    // Code that is being stopped may print endlessly, so the next Ctrl-C does not wait for silence.
    if (!this.#stopping) this.#arm();
  }

  /** Does one transition. Returns the unused bytes; undefined if it needs more. */
  #step(chunk: Uint8Array): Uint8Array | undefined {
    switch (this.#phase) {
      case 'handshake':
        return this.#onHandshake(chunk);
      case 'window':
        return this.#onWindow(chunk);
      case 'sending':
        return this.#onCredit(chunk);
      case 'plain':
        if (this.#plain.hasRestarted(chunk) && this.#stopping) this.#finishStopped();
        return undefined;
      case 'ended':
        return this.#onConfirmation(chunk);
      case 'running':
        this.#onRunning(chunk);
        return undefined;
      case 'done':
        this.rest = concat([this.rest, chunk]);
        return undefined;
    }
  }

  #onHandshake(chunk: Uint8Array): Uint8Array | undefined {
    this.#seen = concat([this.#seen, chunk]);
    const { says, rest } = this.#paste.answer(this.#seen);
    if (says === 'nothing') {
      this.#seen = this.#seen.subarray(-256);
      return undefined;
    }
    this.#seen = new Uint8Array();
    if (says === 'yes') {
      this.#phase = 'window';
      return rest;
    }
    if (this.#paste.ahead) {
      // The board supported raw-paste before, so a byte of the request was lost, and the code was
      // misinterpreted.
      this.outOfStep = true;
      this.fail(new ProtocolError(l10n.t('The board did not understand how the code was sent')));
      return undefined;
    }
    this.rawPaste = false;
    if (this.options.pasteOnly) this.#stopping ??= new NoRawPasteError();
    if (this.#stopping) this.#finishStopped();
    else this.#sendPlain();
    return undefined;
  }

  #onWindow(chunk: Uint8Array): Uint8Array | undefined {
    const seen = concat([this.#seen, chunk]);
    this.#seen = seen;
    const [low, high] = seen;
    if (low === undefined || high === undefined) return undefined;
    this.#seen = new Uint8Array();
    if (!this.#paste.open(low + 256 * high)) {
      this.fail(new ProtocolError(l10n.t('The board offered a raw-paste window of 0 bytes')));
      return undefined;
    }
    this.rawPaste = true;
    this.#phase = this.#paste.complete ? 'ended' : 'sending';
    if (this.#stopping) this.#stopNow();
    else this.#pump();
    return seen.subarray(2);
  }

  /** Parses flow control: 0x01 grants one more window; 0x04 refuses the rest (an error in it). */
  #onCredit(chunk: Uint8Array): Uint8Array | undefined {
    for (const [index, byte] of chunk.entries()) {
      if (byte === 0x01) {
        this.#paste.grant();
      } else if (byte === 0x04) {
        this.#send(END_OF_CODE);
        this.#enterRunning();
        return chunk.subarray(index + 1);
      } // anything else is printed by a thread or an interrupt handler
    }
    if (!this.#stopping) this.#pump();
    return undefined;
  }

  /** Sends what the credit allows, and the end mark after the last byte. */
  #pump(): void {
    const part = this.#paste.take();
    if (part.length > 0) this.#send(part);
    if (this.#paste.complete) this.#phase = 'ended';
  }

  /** Waits for the confirmation of the whole code: `OK` in the raw REPL, 0x04 in raw-paste mode. */
  #onConfirmation(chunk: Uint8Array): Uint8Array | undefined {
    const mark = this.rawPaste ? '\x04' : 'OK';
    const seen = Buffer.concat([this.#seen, chunk]);
    const at = seen.indexOf(mark, 0, 'latin1');
    this.#seen = at < 0 ? seen.subarray(-1) : new Uint8Array();
    if (at < 0) return undefined;
    this.#enterRunning();
    return seen.subarray(at + mark.length);
  }

  #sendPlain(): void {
    this.#phase = 'plain';
    const isOver = () => this.#stopping !== undefined || this.#phase !== 'plain';
    const onSent = () => {
      if (this.#phase !== 'plain') return;
      this.#send(this.#stopping ? CANCEL_PLAIN : END_OF_CODE);
      if (!this.#stopping) this.#phase = 'ended';
      this.#arm();
    };
    this.#plain
      .send(isOver, () => this.#arm())
      .then(onSent, (error: unknown) => this.fail(asError(error)));
  }

  #enterRunning(): void {
    this.#phase = 'running';
    if (!this.#stopping) this.options.onStart?.((data) => this.#writeStdin(data));
  }

  async #writeStdin(data: Uint8Array): Promise<void> {
    if (this.#phase !== 'running') {
      throw new ProtocolError(l10n.t('The code on the board has ended and takes no more input'));
    }
    this.usedStdin = true;
    this.#arm();
    await this.line.write(data);
  }

  #onRunning(chunk: Uint8Array): void {
    const end = this.#framing.feed(chunk);
    if (end) this.#finish(end);
  }

  #take(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#output.add(bytes)) return;
    this.stop(new ProtocolError(l10n.t('The code printed more than 64 MiB')));
  }

  #finish(end: FrameEnd): void {
    this.#phase = 'done';
    this.rest = end.rest;
    if (this.#stopping) this.#finishStopped();
    else if (end.error.length > 0) this.#done.reject(pythonError(end.error));
    else this.#done.resolve(this.#output.bytes);
  }

  #finishStopped(): void {
    this.#phase = 'done';
    this.#done.reject(this.#stopping ?? new ProtocolError(l10n.t('Stopped')));
  }

  /**
   * Sends Ctrl-C, which ends raw-paste mode and running code. `#sendPlain` notices the cancellation
   * itself.
   */
  #stopNow(): void {
    if (this.#phase === 'plain') return;
    if (this.#phase === 'sending') this.#phase = 'ended';
    this.#watch.dispose();
    const isOver = () => this.#phase === 'done' || this.#settle();
    const patience = new Patience(this.line.clock);
    this.#patience = patience;
    const [done, cause] = [this.#done.promise, this.#stopping];
    stopCode(this.line, { isOver, done, patience, cause }).catch((error: unknown) =>
      this.fail(asError(error)),
    );
  }

  #send(data: Uint8Array): void {
    this.line.write(data).catch((error: unknown) => this.fail(asError(error)));
  }

  /** Restarts the watchdog. */
  #arm(): void {
    if (this.#phase === 'running') this.#watch.whileRunning();
    else if (this.#phase !== 'done') this.#watch.forAnswer(this.#phase);
  }

  #settle(): boolean {
    const end = this.#phase === 'running' ? this.#framing.settle() : undefined;
    if (end) this.#finish(end);
    return end !== undefined;
  }
}
