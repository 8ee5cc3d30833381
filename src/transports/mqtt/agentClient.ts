import {
  decodeError,
  Flag,
  makeFrame,
  MAX_U30,
  Op,
  type Frame,
  type OpCode,
} from '../../core/agent/agentProtocol';
import type { Birth, Gone } from '../../core/agent/agentProtocolPresence';
import type { AgentSession, Role } from '../../core/agent/agentProtocolSession';
import { abortable, Deferred, systemClock, throwIfAborted, type Clock } from '../../core/async';
import { asError, ConnectionLostError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import { agentError, keyRefused } from './agentErrors';
import {
  adviceOf,
  FIRST_REPEAT_MS,
  GIVE_UP_MS,
  LAST_REPEAT_MS,
  openSession,
  silent,
} from './agentHello';
import type { AgentIo, Exchange, RequestOptions } from './agentRequest';

/** A new session is made while there are still counters for what is under way. */
const COUNTER_RESERVE = 100_000;
/** Unsigned "wrong key" answers are advice; after so many they are believed enough to be reported. */
const ADVICE_LIMIT = 2;

interface Pending {
  readonly exchange: Exchange;
  readonly boot: string;
  readonly result: Deferred<Frame>;
  readonly options: RequestOptions;
  readonly first: { op: OpCode; payload: Uint8Array };
  repeatMs: number;
  heardAt: number;
  timer: Disposable | undefined;
}

/**
 * The host's half of MPY/1 with one board: session, signing, requests that are repeated until they are answered and
 * that the board never runs twice.
 */
export class AgentClient implements Disposable {
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  #session: AgentSession | undefined;
  #opening: Promise<AgentSession> | undefined;
  #onHello: ((message: Uint8Array) => void) | undefined;
  #nextId = 1;
  #advice = 0;
  #helloAt = 0;
  #role: Role | undefined;
  readonly #presence: Disposable;

  constructor(private readonly io: AgentIo) {
    this.#clock = io.clock ?? systemClock;
    this.#presence = io.onPresence((state) => this.#onPresence(state));
  }

  /** What the board announced, undefined while it is away. */
  get birth(): Birth | undefined {
    const birth = this.io.birth();
    return birth?.on ? birth : undefined;
  }

  /** The role that this computer's key gives, once a session is open. */
  get role(): Role | undefined {
    return this.#role;
  }

  /** Largest payload of a frame. */
  get mtu(): number {
    return this.birth?.mtu ?? 512;
  }

  /** A fresh request id; ids are unique as long as this program runs. */
  newReqid(): number {
    this.#nextId = this.#nextId >= MAX_U30 ? 1 : this.#nextId + 1;
    return this.#nextId;
  }

  /** `dl` of a request that must have begun within `ms`: milliseconds since HELLO. */
  deadline(ms: number): number {
    return Math.round(this.#clock.now() - this.#helloAt + ms);
  }

  /** The open session, opening one where that is needed. @throws ConnectError, ConnectionLostError */
  async open(signal?: AbortSignal): Promise<AgentSession> {
    const session = this.#session;
    if (session && session.boot === this.birth?.boot && session.framesLeft > COUNTER_RESERVE) {
      return session;
    }
    this.#opening ??= this.#hello().finally(() => (this.#opening = undefined));
    return abortable(this.#opening, signal);
  }

  /** One request and its answer (OK or END). Rejects with what ERR says, in words. */
  async request(op: OpCode, payload: Uint8Array, options: RequestOptions = {}): Promise<Frame> {
    throwIfAborted(options.signal);
    const session = await this.open(options.signal);
    const reqid = options.reqid ?? this.newReqid();
    const result = new Deferred<Frame>();
    const exchange: Exchange = {
      reqid,
      post: (o, rest, qos) => this.#post(makeFrame(o, reqid, rest), qos),
      finish: (frame) => this.#end(reqid)?.result.resolve(frame),
      fail: (error) => this.#end(reqid)?.result.reject(error),
    };
    const now = this.#clock.now();
    const pending: Pending = {
      ...{ exchange, boot: session.boot, result, options, first: { op, payload } },
      ...{ repeatMs: FIRST_REPEAT_MS, heardAt: now, timer: undefined },
    };
    this.#pending.set(reqid, pending);
    this.#arm(pending);
    this.#sendFirst(pending);
    try {
      return await abortable(result.promise, options.signal);
    } catch (error) {
      if (this.#end(reqid) && options.signal?.aborted) {
        this.#post(makeFrame(options.cancelWith ?? Op.cancel, reqid));
      }
      throw error;
    }
  }

  /** A request whose payload and answer are JSON. */
  async json(op: OpCode, payload: object, options: RequestOptions = {}): Promise<Frame> {
    const about = 'p' in payload && typeof payload.p === 'string' ? payload.p : undefined;
    return this.request(op, Buffer.from(JSON.stringify(payload)), { about, ...options });
  }

  /** A message from the board's reply topic. */
  receive(message: Uint8Array): void {
    if (this.#onHello) {
      this.#onHello(message);
      return;
    }
    const session = this.#session;
    if (!session) return;
    const frame = session.decode(message);
    if (frame === 'unsigned') this.#onAdvice(message);
    else if (typeof frame === 'object') this.#dispatch(frame);
    else this.io.log.debug(`${this.io.uid}: a ${frame} frame was dropped`);
  }

  dispose(): void {
    this.#presence.dispose();
    this.#failAll(new ConnectionLostError('The connection to the broker was closed'));
  }

  async #hello(): Promise<AgentSession> {
    const opened = await openSession(this.io, this.#clock, this.newReqid(), (hear) => {
      this.#onHello = hear;
    });
    this.#session = opened.session;
    this.#role = opened.role;
    this.#advice = 0;
    this.#helloAt = this.#clock.now();
    return opened.session;
  }

  /** An unsigned ERR: the board has no session with us (any more), or does not take our key. */
  #onAdvice(message: Uint8Array): void {
    const error = adviceOf(this.io, message);
    if (!error || this.#opening) return;
    this.#advice++;
    if (error.code === 'EAUTH' && this.#advice > ADVICE_LIMIT) {
      this.#failAll(keyRefused(this.io.uid, this.birth?.name ?? '', 'signed'));
      return;
    }
    if (error.code !== 'ESTALE') return;
    this.#session = undefined;
    this.open().then(
      () => this.#resendAll(),
      (reason: unknown) => this.#failAll(asError(reason)),
    );
  }

  #dispatch(frame: Frame): void {
    this.#advice = 0;
    const pending = this.#pending.get(frame.reqid);
    if (!pending) return;
    this.#touch(pending, pending.options.isSignOfLife?.(frame) ?? false);
    if (frame.op === Op.err) {
      pending.exchange.fail(agentError(decodeError(frame), pending.options.about));
      return;
    }
    try {
      // OK ends a request; what else does (END of a GET) is for the request itself to say.
      if (frame.op === Op.ok) pending.exchange.finish(frame);
      else pending.options.onFrame?.(frame, pending.exchange);
    } catch (error) {
      pending.exchange.fail(asError(error));
    }
  }

  #onPresence(state: Birth | Gone): void {
    const boot = state.boot;
    for (const pending of [...this.#pending.values()]) {
      if (boot !== '' && pending.boot === boot && state.on) continue;
      if (!state.on && state.why === '') continue; // a lost connection: the board comes back with the same boot
      pending.exchange.fail(
        new ConnectionLostError('The board has restarted', {
          hint: 'What it was doing has ended. Try again.',
        }),
      );
    }
    if (state.on && this.#session && this.#session.boot !== boot) this.#session = undefined;
    else if (state.on && this.#pending.size > 0) this.#resendAll();
  }

  #resendAll(): void {
    for (const pending of this.#pending.values()) this.#repeat(pending);
  }

  #sendFirst({ exchange, first, options }: Pending): void {
    exchange.post(first.op, {
      payload: first.payload,
      flags: options.flags ?? Flag.first,
      offset: options.offset ?? 0,
    });
  }

  #post(frame: Frame, qos: 0 | 1 = 1): void {
    const session = this.#session;
    if (!session) return; // being opened again: all that is pending is sent again then
    this.io.publish(session.encode(frame), qos).catch((error: unknown) => {
      this.io.log.debug(`${this.io.uid}: ${asError(error).message}`);
    });
  }

  #touch(pending: Pending, isSignOfLife: boolean): void {
    pending.heardAt = this.#clock.now();
    if (!isSignOfLife) pending.repeatMs = FIRST_REPEAT_MS;
    this.#arm(pending);
  }

  #arm(pending: Pending): void {
    pending.timer?.dispose();
    pending.timer = this.#clock.after(pending.repeatMs, () => {
      const silentMs = this.#clock.now() - pending.heardAt;
      if (silentMs >= GIVE_UP_MS && !pending.options.isPatient?.()) {
        pending.exchange.fail(silent(this.io));
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

  #end(reqid: number): Pending | undefined {
    const pending = this.#pending.get(reqid);
    pending?.timer?.dispose();
    this.#pending.delete(reqid);
    return pending;
  }

  #failAll(error: Error): void {
    for (const pending of [...this.#pending.values()]) pending.exchange.fail(error);
  }
}
