import * as l10n from '@vscode/l10n';
import {
  type AgentSession,
  type Birth,
  type Facts,
  type Frame,
  type Gone,
  isSigned,
  makeFrame,
  MAX_U30,
  Op,
  type OpCode,
  type Role,
} from '../../core/agent';
import { abortable, systemClock, throwIfAborted, within, type Clock } from '../../core/async';
import { asError, ConnectionLostError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import type { Log } from '../../core/log';
import { left, olderProtocol, restarted } from './agentErrors';
import { adviceOf, hasLeft, openSession, silent, type Opened } from './agentHello';
import { isForOlder } from './agentOlder';
import { PendingRequests } from './agentPending';
import type { AgentIo, RequestOptions } from './agentRequest';

/** Counters kept in reserve for current requests when a new session is created. */
const COUNTER_RESERVE = 100_000;
/**
 * Unsigned refusals are only advice: request a new session, but at most once in this many
 * milliseconds.
 */
const ADVICE_MS = 5_000;
/** Milliseconds that work waits for a new session while the old one may still be valid. */
const RENEW_MS = 3_000;
/** Milliseconds for sessions to be ended. */
const LEAVE_MS = 500;
/**
 * The host's side of the protocol with one board: session, signatures, and requests that are
 * repeated until answered but never run twice by the board.
 */
export class AgentClient implements Disposable {
  readonly #clock: Clock;
  readonly #pending: PendingRequests;
  #session: AgentSession | undefined;
  #opened: Opened | undefined;
  #opening: Promise<AgentSession> | undefined;
  #onHello: ((message: Uint8Array) => void) | undefined;
  #nextId = 1;
  #advisedAt = -ADVICE_MS;
  #helloAt = 0;
  /** The last announced start that is not the session's, and whether the board is still in the session's. */
  #other: { readonly boot: string; readonly isStill: Promise<boolean> } | undefined;
  readonly #presence: Disposable;

  constructor(private readonly io: AgentIo) {
    this.#clock = io.clock ?? systemClock;
    this.#pending = new PendingRequests(
      this.#clock,
      (frame, qos) => this.#post(frame, qos),
      () => silent(io),
    );
    this.#presence = io.onPresence((state, raw) => this.#onPresence(state, raw));
  }

  /** The board's latest birth; undefined while it is away. */
  get birth(): Birth | undefined {
    const birth = this.io.birth();
    return birth?.on ? birth : undefined;
  }

  /** The role of this computer's key, once a session is open. */
  get role(): Role | undefined {
    return this.#opened?.role;
  }

  /** The board's signed description, once a session is open. */
  get facts(): Facts | undefined {
    return this.#opened?.facts;
  }

  /**
   * The board has proved, by an answer signed with its key, that it speaks protocol 1. Its messages
   * have no tags.
   */
  get isOlder(): boolean {
    return this.#opened?.key !== undefined && this.#session?.proto === 1;
  }

  /**
   * While another start of the board is announced than that of the open session: resolves with true when the board answers in
   * this session, with false when it does not.
   */
  get isStillInSession(): Promise<boolean> | undefined {
    const boot = this.io.birth()?.boot;
    if (boot === this.#session?.boot || boot !== this.#other?.boot) return undefined;
    return this.#other?.isStill;
  }

  /** The payloads of the open session are encrypted in both directions. */
  get isEncrypted(): boolean {
    return this.#session?.isEncrypted ?? false;
  }

  /** Whether this computer wants the payloads of this board's session encrypted. */
  get wantsEncryption(): boolean {
    return this.birth?.mode === 'signed' && (this.io.encrypt ?? 'off') !== 'off';
  }

  /** Largest payload of a frame, in bytes. */
  get mtu(): number {
    return this.facts?.mtu ?? 512;
  }

  /** Generates a request id that is unique in this program. */
  newReqid(): number {
    this.#nextId = this.#nextId >= MAX_U30 ? 1 : this.#nextId + 1;
    return this.#nextId;
  }

  /** Returns the `dl` for a request that must begin within `ms`: milliseconds since HELLO. */
  deadline(ms: number): number {
    return Math.round(this.#clock.now() - this.#helloAt + ms);
  }

  /**
   * Returns the open session, opening one if necessary.
   * @throws ConnectError, ConnectionLostError
   */
  async open(signal?: AbortSignal): Promise<AgentSession> {
    const session = this.#session;
    // A board that has signed off answers nothing. Without this check, opening would wait for it.
    const isGood = session && session.framesLeft > COUNTER_RESERVE && !hasLeft(this.io.birth());
    if (isGood && !this.#opening) return session;
    this.#opening ??= this.#hello().finally(() => (this.#opening = undefined));
    if (!isGood) return abortable(this.#opening, signal);
    // An announced restart that the board does not confirm must not block anything.
    const opened = this.#opening.catch(() => session);
    return within(this.#clock, RENEW_MS, opened, session, signal);
  }

  /**
   * Sends one request and returns its answer (OK or END). Rejects with the error that ERR reports.
   */
  async request(op: OpCode, payload: Uint8Array, options: RequestOptions = {}): Promise<Frame> {
    throwIfAborted(options.signal);
    const session = await this.open(options.signal);
    if (session.proto === 1 && !isForOlder(op, payload, options.about)) throw olderProtocol();
    const reqid = options.reqid ?? this.newReqid();
    const result = this.#pending.start({ reqid, first: { op, payload }, options });
    try {
      return await abortable(result, options.signal);
    } catch (error) {
      if (this.#pending.end(reqid) && options.signal?.aborted) {
        this.#post(makeFrame(options.cancelWith ?? Op.cancel, reqid));
      }
      throw error;
    }
  }

  /** Sends a request whose payload and answer are JSON. */
  async json(op: OpCode, payload: object, options: RequestOptions = {}): Promise<Frame> {
    const about = 'p' in payload && typeof payload.p === 'string' ? payload.p : undefined;
    return this.request(op, Buffer.from(JSON.stringify(payload)), { about, ...options });
  }

  /** Processes a message from the board's reply topic. */
  receive(message: Uint8Array): void {
    const frame = this.#session?.decode(message);
    const answer = typeof frame === 'object' ? frame : undefined;
    if (answer && this.#pending.has(answer.reqid)) this.#pending.receive(answer);
    else if (this.#onHello) this.#onHello(message);
    else if (frame === 'unsigned') this.#onAdvice(message);
    else if (frame) {
      const why = typeof frame === 'string' ? frame : 'late';
      this.io.log.debug(`${this.io.uid}: a ${why} frame was dropped`);
    }
  }

  dispose(): void {
    this.#presence.dispose();
    this.#pending.failAll(
      new ConnectionLostError(l10n.t('The connection to the broker was closed')),
    );
  }

  async #hello(): Promise<AgentSession> {
    const opened = await openSession(this.io, this.#clock, this.newReqid(), (hear) => {
      this.#onHello = hear;
    });
    const before = this.#session?.boot;
    this.#session = opened.session;
    this.#opened = opened;
    this.#helloAt = this.#clock.now();
    if (before !== undefined && before !== opened.session.boot) this.#pending.failAll(restarted());
    return opened.session;
  }

  /**
   * Handles an unsigned ERR: the board may no longer have our session. Current requests continue in
   * a new one.
   */
  #onAdvice(message: Uint8Array): void {
    const error = adviceOf(this.io, message);
    if (!error || (error.code !== 'ESTALE' && error.code !== 'EAUTH')) return;
    const now = this.#clock.now();
    if (this.#opening || now - this.#advisedAt < ADVICE_MS) return;
    this.#advisedAt = now;
    this.#renew();
  }

  /** Opens a new session; the current one is kept if the board does not agree. */
  #renew(isStill = this.#ping()): void {
    this.#opening ??= this.#hello().finally(() => (this.#opening = undefined));
    this.#opening.then(
      () => this.#pending.resendAll(),
      async (reason: unknown) => {
        // Advice and announcements may be copies or forged, and so may the refusal of HELLO.
        const isThere = await within(this.#clock, RENEW_MS, isStill, false);
        // Someone may have removed the board from its broker. If it has left, its requests time out.
        if (!isThere && this.birth) this.#pending.failAll(asError(reason));
      },
    );
  }

  /** Resolves with whether the board answers in the current session. */
  #ping(): Promise<boolean> {
    const first = { op: Op.ping, payload: new Uint8Array() };
    const answer = this.#pending.start({ reqid: this.newReqid(), first, options: {} });
    return answer.then(Boolean, () => false);
  }

  /**
   * Handles a birth or a farewell. Anyone can announce a board, so a new boot counts only once the
   * board has signed it.
   */
  #onPresence(state: Birth | Gone, raw?: Uint8Array): void {
    if (!state.on) {
      // An empty reason is a lost connection, after which the board returns with the same boot.
      if (state.why !== '' && this.isOfSession(state) && this.trusts(raw))
        this.#pending.failAll(left(state.why));
    } else if (!this.isOfSession(state)) {
      this.#other = { boot: state.boot, isStill: this.#ping() };
      this.#renew(this.#other.isStill);
    } else if (this.#pending.size > 0) this.#pending.resendAll();
  }

  /** Ends the session, because the board now has another key. */
  forgetSession(): void {
    this.#session = this.#opened = undefined;
    this.#pending.failAll(restarted());
  }

  /**
   * Gives the session back to the board. It keeps a few; one whose computer has ended would take a place for a minute, and a key
   * with fewer rights would find no room (docs/protocol.md section 4).
   */
  async leave(): Promise<void> {
    const session = this.#session;
    if (!session || !this.birth) return;
    this.#session = this.#opened = undefined;
    await this.io.publish(session.encode(makeFrame(Op.bye, this.newReqid())), 1);
  }

  /**
   * Returns whether the board itself sent this presence message. In open mode and protocol 1, no one can
   * tell. Undefined: an empty message, with which anyone can remove the board from its broker.
   */
  trusts(raw: Uint8Array | undefined): boolean {
    const { key, role, name, session } = this.#opened ?? {};
    if (!key || !role || session?.proto === 1) return true;
    return raw !== undefined && isSigned(raw, { uid: this.io.uid, leaf: 'st', role, name, key });
  }

  /** Returns whether a presence message is of the open session's start. That of another may be a copy; without a session, it counts. */
  isOfSession({ boot }: Birth | Gone): boolean {
    return boot === (this.#session?.boot ?? boot);
  }

  #post(frame: Frame, qos: 0 | 1 = 1): void {
    const session = this.#session;
    if (!session) return; // the session is being reopened, after which everything pending is sent again
    this.io.publish(session.encode(frame), qos).catch((error: unknown) => {
      this.io.log.debug(`${this.io.uid}: ${asError(error).message}`);
    });
  }
}

/** Ends the sessions with boards, before the connection to their broker ends. A broker that does not answer is not waited for. */
export async function leaveBoards(clients: readonly AgentClient[], log: Log): Promise<void> {
  const all = Promise.all(clients.map((client) => client.leave()));
  await abortable(all, AbortSignal.timeout(LEAVE_MS)).catch((error: unknown) => {
    log.debug(`Leaving boards: ${asError(error).message}`);
  });
}
