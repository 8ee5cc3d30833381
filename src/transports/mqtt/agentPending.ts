import { decodeError, Flag, type Frame, makeFrame, Op, type OpCode } from '../../core/agent';
import { Deferred, type Clock } from '../../core/async';
import { asError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import { agentError } from './agentErrors';
import { FIRST_REPEAT_MS, GIVE_UP_MS, LAST_REPEAT_MS } from './agentHello';
import type { Exchange, RequestOptions } from './agentRequest';

interface Pending {
  readonly exchange: Exchange;
  readonly result: Deferred<Frame>;
  readonly options: RequestOptions;
  readonly first: { op: OpCode; payload: Uint8Array };
  repeatMs: number;
  heardAt: number;
  timer: Disposable | undefined;
}

/** The requests of one client that have no answer yet. Repeats each one until it is answered. */
export class PendingRequests {
  readonly #pending = new Map<number, Pending>();

  /** `post` sends a frame in the current session. `silent` makes the error for a board that stays silent. */
  constructor(
    private readonly clock: Clock,
    private readonly post: (frame: Frame, qos?: 0 | 1) => void,
    private readonly silent: () => Error,
  ) {}

  get size(): number {
    return this.#pending.size;
  }

  /** Returns whether this request still awaits its answer. */
  has(reqid: number): boolean {
    return this.#pending.has(reqid);
  }

  /** Sends a request. Resolves with its answer; rejects with the error that ERR reports. */
  start({
    reqid,
    first,
    options,
  }: Pick<Pending, 'first' | 'options'> & { reqid: number }): Promise<Frame> {
    const result = new Deferred<Frame>();
    const exchange: Exchange = {
      reqid,
      post: (op, rest, qos) => this.post(makeFrame(op, reqid, rest), qos),
      finish: (frame) => this.end(reqid)?.result.resolve(frame),
      fail: (error) => this.end(reqid)?.result.reject(error),
    };
    const repeatMs = FIRST_REPEAT_MS;
    const heardAt = this.clock.now();
    const pending = { exchange, result, options, first, repeatMs, heardAt, timer: undefined };
    this.#pending.set(reqid, pending);
    this.#arm(pending);
    this.#sendFirst(pending);
    return result.promise;
  }

  /** Processes a frame of a pending request. */
  receive(frame: Frame): void {
    const pending = this.#pending.get(frame.reqid);
    if (!pending) return;
    this.#touch(pending, pending.options.isSignOfLife?.(frame) ?? false);
    if (frame.op === Op.err) {
      pending.exchange.fail(agentError(decodeError(frame), pending.options.about));
      return;
    }
    try {
      // OK ends a request. Other ends (END of a GET) are handled by the request itself.
      if (frame.op === Op.ok) pending.exchange.finish(frame);
      else pending.options.onFrame?.(frame, pending.exchange);
    } catch (error) {
      pending.exchange.fail(asError(error));
    }
  }

  /** Forgets a request. Returns undefined if it is not pending. */
  end(reqid: number): Pending | undefined {
    const pending = this.#pending.get(reqid);
    pending?.timer?.dispose();
    this.#pending.delete(reqid);
    return pending;
  }

  /** Sends all pending requests again, in a new session or after the broker was away. */
  resendAll(): void {
    for (const pending of this.#pending.values()) this.#repeat(pending);
  }

  /** Rejects every request. */
  failAll(error: Error): void {
    for (const pending of [...this.#pending.values()]) pending.exchange.fail(error);
  }

  #sendFirst({ exchange, first, options }: Pending): void {
    exchange.post(first.op, {
      payload: first.payload,
      flags: options.flags ?? Flag.first,
      offset: options.offset ?? 0,
    });
  }

  #touch(pending: Pending, isSignOfLife: boolean): void {
    pending.heardAt = this.clock.now();
    if (!isSignOfLife) pending.repeatMs = FIRST_REPEAT_MS;
    this.#arm(pending);
  }

  #arm(pending: Pending): void {
    pending.timer?.dispose();
    pending.timer = this.clock.after(pending.repeatMs, () => {
      const silentMs = this.clock.now() - pending.heardAt;
      if (silentMs >= GIVE_UP_MS && !pending.options.isPatient?.()) {
        pending.exchange.fail(this.silent());
        return;
      }
      pending.repeatMs = Math.min(pending.repeatMs * 2, LAST_REPEAT_MS);
      this.#repeat(pending);
      this.#arm(pending);
    });
  }

  #repeat(pending: Pending): void {
    if (pending.options.onSilence) pending.options.onSilence(pending.exchange);
    else this.#sendFirst(pending);
  }
}
