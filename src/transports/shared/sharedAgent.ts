import {
  AGENT_VERSION,
  decodeFrame,
  type DecodedFrame,
  encodeFrame,
  ERROR_CODES,
  type Frame,
  makeFrame,
  Op,
  type OpCode,
  PROTOCOL_VERSION,
  ROLES,
} from '../../core/agent';
import type { Clock } from '../../core/async';
import { asError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import type { Log } from '../../core/log';
import type { SharedFacts, SharedLine } from '../../core/share/sharedLine';
import type { ConsoleLog } from './consoleLog';
import { FileRequests } from './fileRequests';
import { type HostSession, HostSessions } from './hostSessions';
import { type Answers, type Flow, WINDOW } from './inflow';
import { Jobs } from './jobs';
import { KeptResults } from './keptResults';
import { explain, Refusal } from './refusal';
import { parsed, REQUESTS, type World } from './requests';
import type { SharedExec } from './sharedExec';

/** Largest payload of a frame, in bytes. */
export const MTU = 4096;
/** Maximum number of open transfers. One without progress for IDLE_MS makes room. */
const MOST_FLOWS = 8;
const IDLE_MS = 60_000;
/**
 * Anyone can provoke unsigned answers: at most one is sent in this many milliseconds, and one EAUTH
 * per second.
 */
const REFUSE_MS = 100;
const REFUSE_AUTH_MS = 1_000;
/** Maximum length of a HELLO in bytes. It is read before anyone has proved a key. */
const MOST_HELLO = 512;
const CID = /^[0-9a-z]{8,16}$/;
const STREAM: readonly OpCode[] = [Op.data, Op.ack, Op.nak, Op.end, Op.cancel];

/** What the agent needs of the connection. */
export interface SharedAgentOptions {
  readonly facts: SharedFacts;
  readonly line: SharedLine;
  readonly sessions: HostSessions;
  readonly clock: Clock;
  readonly log: Log;
  readonly console: () => ConsoleLog;
  /** Sends a message to one host. */
  readonly publish: (cid: string, message: Buffer) => Promise<void>;
  /** `exec` or `idle` has changed. */
  readonly onState: () => void;
  readonly onSession: (session: HostSession) => void;
  readonly onReset: () => void;
}

/**
 * The agent's half of the protocol: checks frames, decides who may do what, and answers
 * (docs/protocol.md).
 */
export class SharedAgent implements Answers, Disposable {
  readonly clock: Clock;
  readonly #world: World;
  readonly #jobs = new Jobs(
    this,
    (session, reqid) =>
      !this.options.sessions.has(session) && this.#kept.find(session, reqid) === undefined,
  );
  readonly #kept = new KeptResults();
  readonly #flows = new Map<string, Flow>();
  readonly #seen = new WeakSet<HostSession>();
  #refusedAt = -REFUSE_AUTH_MS;
  /** Number of messages without a valid key. */
  junk = 0;

  constructor(private readonly options: SharedAgentOptions) {
    const { line, facts, clock } = options;
    this.clock = clock;
    this.#world = {
      ...{ answers: this, line, facts, jobs: this.#jobs, mtu: MTU, log: options.console },
      files: new FileRequests(line.files, MTU, () => clock.now()),
      flow: (session, reqid) => this.#flows.get(keyOf(session, reqid)),
      open: (flow) => this.#open(flow),
      exec: undefined,
      onExec: () => options.onState(),
      leave: (session) => this.#bye(session),
      reset: () => options.onReset(),
    };
  }

  /** Whether a colleague's code runs. */
  get isRunning(): boolean {
    return this.#exec?.isRunning ?? false;
  }

  /** What the birth and the answer to HELLO contain about this board. */
  get caps(): readonly string[] {
    return ['intr', ...(this.options.line.takesInput ? ['stdin'] : []), 'zlib', 'cable'];
  }

  /** Value of `state` in the birth (section 2). */
  get state(): 'idle' | 'exec' | 'app' {
    if (this.isRunning) return 'exec';
    return this.options.line.state === 'program' ? 'app' : 'idle';
  }

  /** Processes a message to this board. */
  receive(cid: string | undefined, message: Uint8Array): void {
    let decoded: DecodedFrame;
    try {
      if (cid === undefined || !CID.test(cid)) throw new Refusal('EINVAL', 'cid');
      decoded = decodeFrame(message, MTU);
    } catch {
      this.junk += 1;
      return;
    }
    try {
      const version = (message[0] ?? 0) >> 5;
      if (version !== PROTOCOL_VERSION) {
        throw new Refusal('EPROTO', 'this board speaks another version', { v: [PROTOCOL_VERSION] });
      }
      if (decoded.frame.op === Op.hello) {
        this.#hello(cid, decoded);
        return;
      }
      const { sessions } = this.options;
      const session = sessions.find(cid, decoded);
      if (!sessions.isFresh(session, decoded.frame.counter)) {
        this.junk += 1;
        return;
      }
      session.usedAt = this.clock.now();
      if (!this.#seen.has(session)) {
        this.#seen.add(session);
        this.options.onSession(session);
      }
      this.#dispatch(session, decoded.frame);
    } catch (error) {
      this.#refuse(cid, decoded.frame.reqid, error);
    }
  }

  /** Starts a new boot. Everything of the old one ends. */
  restart(): void {
    for (const flow of [...this.#flows.values()]) flow.drop();
    this.#jobs.dispose();
    this.#kept.clear();
  }

  dispose(): void {
    this.restart();
  }

  send(session: HostSession, frame: Partial<Frame> & Pick<Frame, 'op' | 'reqid'>): void {
    const { op, reqid, ...rest } = frame;
    this.#publish(session.cid, session.encode(makeFrame(op, reqid, rest)));
  }

  finish(session: HostSession, reqid: number, answer: object | Uint8Array, offset = 0): void {
    const payload = answer instanceof Uint8Array ? answer : Buffer.from(JSON.stringify(answer));
    if (payload.length > MTU) {
      this.fail(session, reqid, new Refusal('ETOOBIG', 'the answer does not fit a frame'));
      return;
    }
    this.#end(session, reqid, { op: Op.ok, aux: 0, offset, payload });
  }

  fail(session: HostSession, reqid: number, error: unknown): void {
    const { code, payload } = explain(error);
    this.options.log.debug(`${this.options.facts.name}: ${code}: ${asError(error).message}`);
    this.#end(session, reqid, { op: Op.err, aux: ERROR_CODES.indexOf(code), offset: 0, payload });
  }

  close(flow: Flow): void {
    const key = keyOf(flow.session, flow.reqid);
    if (this.#flows.get(key) === flow) this.#flows.delete(key);
  }

  get #exec(): SharedExec | undefined {
    return this.#world.exec;
  }

  #hello(cid: string, decoded: DecodedFrame): void {
    const { sessions, facts } = this.options;
    if (decoded.frame.payload.length > MOST_HELLO) throw new Refusal('EPROTO', 'HELLO is too long');
    const session = sessions.hello(cid, decoded);
    const answer = {
      ...{ bn: session.bn, role: session.role, mtu: MTU, win: WINDOW, state: this.state },
      ...{ boot: sessions.boot, agent: AGENT_VERSION, slot: '', mpy: facts.mpy, caps: this.caps },
      ...(facts.home === '/' ? {} : { home: facts.home }),
    };
    const payload = Buffer.from(JSON.stringify(answer));
    this.send(session, { op: Op.ok, reqid: decoded.frame.reqid, payload });
  }

  #dispatch(session: HostSession, frame: Frame): void {
    const { op, reqid } = frame;
    try {
      if (STREAM.includes(op)) {
        this.#stream(session, frame);
        return;
      }
      const request = REQUESTS.get(op);
      if (!request) throw new Refusal('EPROTO', 'unknown operation', { v: [PROTOCOL_VERSION] });
      if (session.rank < ROLES.indexOf(request.role)) {
        throw new Refusal('EROLE', "this key's role may not do that");
      }
      if (request.isKept && this.#again(session, reqid)) return;
      const parts = parsed(session, frame);
      const { dl } = parts.json;
      if (typeof dl === 'number' && this.clock.now() - session.begunAt > dl) {
        throw new Refusal('ETIMEOUT', 'the request came after its time');
      }
      if (request.isKept) this.#kept.keep(session, reqid);
      const answer = request.run(this.#world, parts);
      if (answer !== undefined) this.finish(session, reqid, answer);
    } catch (error) {
      this.fail(session, reqid, error);
    }
  }

  /** Handles a frame of an open request, or of one that has ended. */
  #stream(session: HostSession, frame: Frame): void {
    const { op, reqid } = frame;
    const flow = this.#flows.get(keyOf(session, reqid));
    if (flow) {
      flow.onFrame(frame);
      return;
    }
    if (op === Op.cancel && this.#jobs.cancel(session, reqid)) return;
    if (op === Op.ack || op === Op.nak) return;
    if (this.#again(session, reqid) || op === Op.cancel) return;
    throw new Refusal('ESTALE', 'no such transfer');
  }

  /**
   * Answers a repeated request with its result or with BUSY. Returns false if the request is new.
   */
  #again(session: HostSession, reqid: number): boolean {
    const kept = this.#kept.find(session, reqid);
    if (!kept) return false;
    if (kept.ending) this.send(session, { reqid, ...kept.ending });
    else if (!this.#jobs.greet(session, reqid)) this.#flows.get(keyOf(session, reqid))?.greet();
    return true;
  }

  /** Registers a transfer, and drops idle ones. @throws Refusal while all places are in use */
  #open(flow: Flow): void {
    const now = this.clock.now();
    for (const old of [...this.#flows.values()]) {
      if (old !== this.#exec && now - old.movedAt > IDLE_MS) old.drop();
    }
    if (this.#flows.size >= MOST_FLOWS) throw new Refusal('EBUSY', 'too many transfers at once');
    this.#flows.set(keyOf(flow.session, flow.reqid), flow);
  }

  #bye(session: HostSession): void {
    for (const flow of [...this.#flows.values()]) {
      if (flow.session === session && flow !== this.#exec) flow.drop();
    }
    this.options.sessions.end(session);
  }

  #end(session: HostSession, reqid: number, ending: Parameters<KeptResults['end']>[2]): void {
    this.#kept.end(session, reqid, ending);
    this.send(session, { reqid, ...ending });
  }

  /** Sends an unsigned ERR, which is only advice. Anyone can provoke it, so it is limited. */
  #refuse(cid: string, reqid: number, error: unknown): void {
    this.junk += 1;
    const { code, payload } = explain(error);
    const now = this.clock.now();
    const isFreely = error instanceof Refusal && 'ck' in error.details;
    if (!isFreely) {
      const least = code === 'EAUTH' ? REFUSE_AUTH_MS : REFUSE_MS;
      if (now - this.#refusedAt < least) return;
      this.#refusedAt = now;
    }
    const aux = ERROR_CODES.indexOf(code);
    this.#publish(cid, encodeFrame(makeFrame(Op.err, reqid, { aux, payload })));
  }

  #publish(cid: string, message: Buffer): void {
    this.options.publish(cid, message).catch((error: unknown) => {
      // The broker is away. The host asks again when it is back.
      this.options.log.debug(`${this.options.facts.name}: ${asError(error).message}`);
    });
  }
}

function keyOf(session: HostSession, reqid: number): string {
  return `${session.id}/${reqid}`;
}
