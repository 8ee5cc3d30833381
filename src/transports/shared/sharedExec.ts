import { sha256 } from '../../core/hash';
import { Flag, type Frame, Op } from '../../core/agent';
import { systemClock } from '../../core/async';
import { text, utf8 } from '../../core/bytes';
import { CancelledError, PythonError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import { pyRepr } from '../../core/python/python';
import type { SharedLine } from '../../core/share/sharedLine';
import { type Answers, Inflow, WINDOW } from './inflow';
import type { HostSession } from './hostSessions';
import { OutputRing } from './outputRing';
import { Refusal } from './refusal';

/** Maximum length in bytes of the code of one request. */
const MOST_CODE = 1024 * 1024;
/** Milliseconds between two BUSY while the code waits for the board. */
const BEAT_MS = 2_000;
const STDOUT = 1;
const STDERR = 2;
const MAX_REPR = 120;

/** Content of EXEC. */
export interface ExecHead {
  readonly size: number;
  readonly sha256: string;
  /** `single`: as at the prompt, so that the value of an expression is printed. */
  readonly mode: 'exec' | 'single';
}

/** Validates the head of an EXEC request. @throws Refusal */
export function execHead({ n, h, mode = 'exec' }: Record<string, unknown>): ExecHead {
  if (typeof n !== 'number' || !Number.isInteger(n) || n < 0 || n > MOST_CODE) {
    throw new Refusal('ETOOBIG', 'put longer code into a file');
  }
  if (typeof h !== 'string' || !/^[0-9a-f]{64}$/.test(h)) {
    throw new Refusal('EINVAL', 'h must be the SHA-256 of the code');
  }
  if (mode !== 'exec' && mode !== 'single') throw new Refusal('EINVAL', 'mode');
  return { size: n, sha256: h, mode };
}

/**
 * A colleague's code: receives it, runs it in a session of the board, and sends its output and end
 * (section 6).
 */
export class SharedExec extends Inflow {
  readonly #output = new OutputRing();
  readonly #stop = new AbortController();
  #sent = 0;
  /** Offset at which the traceback starts. */
  #errorAt = Number.MAX_SAFE_INTEGER;
  #state: 'code' | 'waiting' | 'running' | 'over' = 'code';
  #startedAt = 0;
  #beat: Disposable | undefined;
  #write: ((data: Uint8Array) => Promise<void>) | undefined;
  #input = 0;
  #isWriting = false;
  #isInterrupted = false;
  /** Answers the request after all output was sent. */
  #finish: (() => void) | undefined;

  constructor(
    answers: Answers,
    session: HostSession,
    reqid: number,
    private readonly head: ExecHead,
    private readonly line: SharedLine,
    private readonly mtu: number,
    /** Called when the code starts and ends. */
    private readonly onState: (exec: SharedExec) => void,
  ) {
    super(answers, session, reqid, head.size);
  }

  /** The code has ended. The host may still request its last output. */
  get isOver(): boolean {
    return this.#state === 'over';
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  /** The rest of the code has not arrived yet. */
  get isIncomplete(): boolean {
    return this.#state === 'code';
  }

  /** Takes the code in the request itself. @throws Refusal */
  begin(code: Uint8Array): void {
    this.feed(0, code);
    if (!this.isWhole) super.greet();
    this.#launch();
  }

  override greet(): void {
    if (this.#state === 'code' || this.#state === 'waiting') super.greet();
    else if (this.#state === 'running') this.#busy();
    else this.#flush(true);
  }

  override onFrame(frame: Frame): void {
    this.movedAt = this.answers.clock.now();
    if (this.#state === 'code') {
      super.onFrame(frame);
      this.#launch();
    } else if (frame.op === Op.cancel) this.interrupt();
    else if (frame.op === Op.ack || frame.op === Op.nak) this.#onAck(frame);
  }

  /**
   * Raises KeyboardInterrupt in the code, or removes it from the queue. Returns false if it has
   * ended.
   */
  interrupt(): boolean {
    if (this.#state === 'over' || this.#state === 'code') return false;
    // Code that does not end is stopped with repeated Ctrl-C, like code of this computer.
    if (this.#state === 'waiting' || this.#isInterrupted) this.#stop.abort(new CancelledError());
    // The code may end at this moment, and then there is nothing to interrupt.
    else this.line.interrupt().catch(() => undefined);
    this.#isInterrupted = true;
    return true;
  }

  /**
   * Takes input for the code, from `offset` on. Returns how many bytes of all input it has
   * accepted.
   */
  async feedInput(offset: number, data: Uint8Array): Promise<number> {
    const fresh = data.subarray(Math.max(0, this.#input - offset));
    if (!this.#write || this.#isWriting || offset > this.#input || fresh.length === 0) {
      return this.#input;
    }
    this.#isWriting = true;
    try {
      await this.#write(fresh);
      this.#input += fresh.length;
    } finally {
      this.#isWriting = false;
    }
    return this.#input;
  }

  drop(): void {
    if (this.isIncomplete) this.#state = 'over'; // it will never run, so it is in no one's way
    this.#beat?.dispose();
    this.#stop.abort(new CancelledError());
    this.answers.close(this);
  }

  protected onEnd(): void {
    // It started after all of it had arrived.
  }

  #launch(): void {
    if (this.#state !== 'code' || !this.isWhole) return;
    if (sha256(this.bytes) !== this.head.sha256) {
      this.drop();
      throw new Refusal('EVERIFY', 'this is not the code that was announced');
    }
    this.#state = 'waiting';
    this.#beatOn();
    void this.#run();
  }

  /** Sends BUSY to the host while the code waits for the board. */
  #beatOn(): void {
    this.#beat = systemClock.after(BEAT_MS, () => {
      if (this.#state !== 'waiting') return;
      super.greet();
      this.#beatOn();
    });
  }

  async #run(): Promise<void> {
    let error: unknown;
    try {
      await this.line.withSession(
        async (session) => {
          this.#started();
          await session.exec(this.#code(), {
            signal: this.#stop.signal,
            onStdout: (chunk) => this.#put(chunk),
            onStart: (write) => (this.#write = write),
          });
        },
        { signal: this.#stop.signal, job: 'Running code of a colleague', isCode: true },
      );
    } catch (caught) {
      error = caught;
    }
    this.#ended(error);
  }

  #started(): void {
    this.#state = 'running';
    this.#startedAt = this.answers.clock.now();
    this.#beat?.dispose();
    this.onState(this);
    this.#busy();
  }

  #code(): Uint8Array {
    if (this.head.mode === 'exec') return this.bytes;
    return utf8(`exec(compile(${pyRepr(text(this.bytes))},'<stdin>','single'))`);
  }

  #ended(error: unknown): void {
    const hasRun = this.#state === 'running';
    this.#state = 'over';
    this.#beat?.dispose();
    this.#write = undefined;
    const { session, reqid } = this;
    if (error instanceof CancelledError && hasRun) error = interrupted();
    if (error !== undefined && !(error instanceof PythonError && hasRun)) {
      this.answers.close(this);
      this.answers.fail(session, reqid, error);
    } else {
      const result = { ok: error === undefined ? 1 : 0, ms: this.#elapsed() };
      const more = error instanceof PythonError ? { x: this.#trace(error) } : {};
      const { end, dropped } = this.#output;
      const answer = { ...result, ...more, n: end, drop: dropped };
      this.#finish = () => this.answers.finish(session, reqid, answer, end);
      this.#flush(true);
    }
    this.onState(this);
  }

  /** Appends the traceback to the output. Returns its last line. */
  #trace(error: PythonError): string {
    this.#errorAt = this.#output.end;
    const own = /^(Traceback [^\n]*\n) {2}File "<stdin>", line 1, in <module>\r?\n(?= {2}File)/;
    const shown =
      this.head.mode === 'single' ? error.traceback.replace(own, '$1') : error.traceback;
    this.#output.put(utf8(shown));
    return error.message.slice(0, MAX_REPR);
  }

  #put(chunk: Uint8Array): void {
    this.#output.put(chunk);
    this.#flush(false);
  }

  #onAck({ op, offset, flags }: Frame): void {
    if (offset < this.#output.acked || offset > this.#output.end) return;
    this.#output.acknowledge(offset);
    const isRepeat = op === Op.nak || (flags & Flag.ackReq) !== 0 || offset > this.#sent;
    if (isRepeat) this.#sent = offset;
    this.#flush(isRepeat || this.isOver);
  }

  /**
   * Sends full frames within the window, and a shorter one only if nothing is in transit or with
   * `all`.
   */
  #flush(all: boolean): void {
    const { end, acked } = this.#output;
    while (this.#sent < end && this.#sent - acked < WINDOW * this.mtu) {
      const isError = this.#sent >= this.#errorAt;
      const limit = isError ? end : Math.min(end, this.#errorAt);
      const most = Math.min(this.mtu, limit - this.#sent);
      if (most < this.mtu && !all && this.#sent !== acked) return;
      const payload = this.#output.slice(this.#sent, most);
      const aux = isError ? STDERR : STDOUT;
      const { session, reqid } = this;
      this.answers.send(session, { op: Op.out, reqid, aux, payload, offset: this.#sent });
      this.#sent += payload.length;
    }
    const finish = this.#sent >= end ? this.#finish : undefined;
    if (finish) this.#finish = undefined;
    finish?.();
  }

  #busy(): void {
    const { session, reqid } = this;
    const body = { ms: this.#elapsed(), drop: this.#output.dropped };
    const payload = Buffer.from(JSON.stringify(body));
    this.answers.send(session, { op: Op.busy, reqid, payload, offset: this.#output.end });
  }

  #elapsed(): number {
    return Math.round(this.answers.clock.now() - this.#startedAt);
  }
}

/** Returns the error for code that was stopped for good, which has no traceback. */
function interrupted(): PythonError {
  return new PythonError('KeyboardInterrupt: \r\n', 'KeyboardInterrupt', '');
}
