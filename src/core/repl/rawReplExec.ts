import { Deferred, abortError } from '../async';
import { concat, indexOf, utf8 } from '../bytes';
import { ProtocolError, asError } from '../errors';
import { pythonError } from '../python/python';
import { END_OF_CODE, RawPaste } from './rawPaste';
import { RAW_BANNER, RawFraming, type FrameEnd } from './rawReplFraming';
import { OutputCollector } from './rawReplOutput';
import type { ExecLine } from './execLine';
import { stopCode } from './rawReplStop';
import { SilenceWatch } from './rawReplSilence';
import type { ExecOptions } from '../transport';

const CTRL_C = Uint8Array.of(0x03);

/**
 * handshake: raw-paste has been asked for. window: its two length bytes come. sending: code goes out on credit. plain: code
 * goes out without. ended: all is sent, the board has not confirmed. running, done.
 */
type Phase = 'handshake' | 'window' | 'sending' | 'plain' | 'ended' | 'running' | 'done';

/** One piece of code on its way through the raw REPL: the protocol's state machine. */
export class Execution {
  #phase: Phase = 'handshake';
  #seen: Uint8Array = new Uint8Array(); // what came before the answer that the phase waits for
  readonly #watch: SilenceWatch;
  #stopping: Error | undefined;
  #usedStdin = false;
  readonly #paste: RawPaste;
  readonly #output: OutputCollector;
  readonly #framing = new RawFraming((bytes) => this.#take(bytes));
  readonly #done = new Deferred<Uint8Array>();
  readonly #onAbort = () =>
    this.stop(this.options.signal ? abortError(this.options.signal) : new ProtocolError('Stopped'));

  constructor(
    private readonly code: Uint8Array,
    private readonly options: ExecOptions,
    private readonly line: ExecLine,
  ) {
    this.#output = new OutputCollector(options.onStdout);
    this.#paste = new RawPaste(code);
    const patience = { clock: line.clock, answerMs: options.answerMs ?? line.answerMs };
    this.#watch = new SilenceWatch(patience, options.idleTimeoutMs, {
      settle: () => this.#settle(),
      endsInBanner: () => this.#output.endsInBanner,
      fail: (error) => this.fail(error),
      stop: (error) => this.stop(error),
    });
  }

  /** Bytes that came behind the end and are not of it (a thread printed them). */
  rest: Uint8Array = new Uint8Array();
  rawPaste: boolean | undefined; // until the board has said whether it knows it
  /** The window of raw-paste that the board offered; 0: not known. */
  get window(): number {
    return this.#paste.window;
  }
  /** The board answered something that it never had: what it has made of the code is unknown. */
  outOfStep = false;
  /** Bytes had been sent to its stdin: some may lie unread before the next command. */
  get usedStdin(): boolean {
    return this.#usedStdin;
  }

  /**
   * Sends the code and gives what it prints. What is known of the board from earlier: whether it knows raw-paste, and how many
   * bytes of code it takes unasked. @throws as {@link Session.exec} does
   */
  async run(rawPaste: boolean | undefined, ahead: number): Promise<Uint8Array> {
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

  /** The link has ended, or the protocol broke down. */
  fail(error: Error): void {
    this.#phase = 'done';
    this.#done.reject(error);
  }

  /** Interrupts the code without a verdict: it ends as it likes, usually with a KeyboardInterrupt. */
  interrupt(): void {
    if (this.#phase === 'running') this.#send(CTRL_C);
  }

  /** Interrupts the code; `run` rejects with `reason` once the board is back. */
  stop(reason: Error): void {
    if (this.#stopping || this.#phase === 'done') return;
    this.#stopping = reason;
    if (this.#phase !== 'handshake' && this.#phase !== 'window') this.#stopNow();
  }

  /** Takes what the board sent. */
  feed(chunk: Uint8Array): void {
    let rest: Uint8Array | undefined = chunk;
    while (rest && rest.length > 0) rest = this.#step(rest);
    // Code that is being stopped may print without end: the next Ctrl-C does not wait for silence.
    if (!this.#stopping) this.#arm();
  }

  /** One transition; gives what it did not use, undefined when it needs more. */
  #step(chunk: Uint8Array): Uint8Array | undefined {
    switch (this.#phase) {
      case 'handshake':
        return this.#onHandshake(chunk);
      case 'window':
        return this.#onWindow(chunk);
      case 'sending':
        return this.#onCredit(chunk);
      case 'plain':
        this.#onPlain(chunk);
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
      // It knew raw-paste before, so a byte of the question was lost, and the code went where it did not belong.
      this.outOfStep = true;
      this.fail(new ProtocolError('The board did not understand how code was sent to it'));
      return undefined;
    }
    this.rawPaste = false;
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
      this.fail(new ProtocolError('The board offered a raw-paste window of 0 bytes'));
      return undefined;
    }
    this.rawPaste = true;
    this.#phase = this.#paste.complete ? 'ended' : 'sending';
    if (this.#stopping) this.#stopNow();
    else this.#pump();
    return seen.subarray(2);
  }

  /** 0x01 grants one more window; 0x04 says that the board wants no more (an error in what it has). */
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

  /** Sends what the credit allows, whenever it was granted, and the end behind the last byte. */
  #pump(): void {
    const part = this.#paste.take();
    if (part.length > 0) this.#send(part);
    if (this.#paste.complete) this.#phase = 'ended';
  }

  /** All has been sent: the raw REPL confirms with `OK`, raw-paste with 0x04. */
  #onConfirmation(chunk: Uint8Array): Uint8Array | undefined {
    const mark = this.rawPaste ? '\x04' : 'OK';
    const seen = Buffer.concat([this.#seen, chunk]);
    const at = seen.indexOf(mark, 0, 'latin1');
    this.#seen = at < 0 ? seen.subarray(-1) : new Uint8Array();
    if (at < 0) return undefined;
    this.#enterRunning();
    return seen.subarray(at + mark.length);
  }

  /** Nothing is owed while plain code goes out; called off, it ends with the banner that Ctrl-A calls forth. */
  #onPlain(chunk: Uint8Array): void {
    const seen = Buffer.concat([this.#seen, chunk]);
    if (this.#stopping && indexOf(seen, RAW_BANNER) >= 0) this.#finishStopped();
    this.#seen = seen.subarray(-RAW_BANNER.length);
  }

  #sendPlain(): void {
    this.#phase = 'plain';
    const isOver = () => this.#stopping !== undefined || this.#phase !== 'plain';
    // Ctrl-D behind nothing at all would be a soft reset.
    const code = this.code.length > 0 ? this.code : utf8('\n');
    this.line
      .writePaced(code, isOver, () => this.#arm())
      .then(
        () => {
          if (this.#phase !== 'plain') return;
          if (this.#stopping) {
            this.#send(Uint8Array.of(0x03, 0x01)); // drop the line, begin anew
          } else {
            this.#send(END_OF_CODE);
            this.#phase = 'ended';
            this.#seen = new Uint8Array();
          }
          this.#arm();
        },
        (error: unknown) => this.fail(asError(error)),
      );
  }

  #enterRunning(): void {
    this.#phase = 'running';
    if (this.#stopping) return;
    this.options.onStart?.((data) => this.#writeStdin(data));
  }

  async #writeStdin(data: Uint8Array): Promise<void> {
    if (this.#phase !== 'running') {
      throw new ProtocolError('The code on the board has ended: it takes no more input');
    }
    this.#usedStdin = true;
    this.#arm();
    await this.line.write(data);
  }

  #onRunning(chunk: Uint8Array): void {
    const end = this.#framing.feed(chunk);
    if (end) this.#finish(end);
  }

  #take(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#output.add(bytes)) return;
    this.stop(new ProtocolError('The code printed more than 64 MiB'));
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
    this.#done.reject(this.#stopping ?? new ProtocolError('Stopped'));
  }

  /** Ctrl-C ends raw-paste and running code; `#sendPlain` sees by itself that it has been called off. */
  #stopNow(): void {
    if (this.#phase === 'plain') return;
    if (this.#phase === 'sending') this.#phase = 'ended';
    this.#watch.dispose();
    const isOver = () => this.#phase === 'done' || this.#settle();
    stopCode(this.line, isOver, this.#done.promise, this.#stopping).catch((error: unknown) =>
      this.fail(asError(error)),
    );
  }

  #send(data: Uint8Array): void {
    this.line.write(data).catch((error: unknown) => this.fail(asError(error)));
  }

  /** Sets the watch anew. */
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
