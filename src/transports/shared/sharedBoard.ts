import { AGENT_VERSION, ROLES, numberOf, parseTopic } from '../../core/agent';
import { systemClock } from '../../core/async';
import { asError } from '../../core/errors';
import { DisposableStore, Emitter, type Disposable } from '../../core/events';
import type { Share, ShareEnd, ShareOptions } from '../../core/share/sharing';
import { BrokerConnection } from '../mqtt';
import { ConsoleLog } from './consoleLog';
import { type HostSession, HostSessions } from './hostSessions';
import { WINDOW } from './inflow';
import { MTU, SharedAgent } from './sharedAgent';

/** Milliseconds before a change of state is announced. Only the last one of a burst is. */
const TELL_MS = 100;
/** Milliseconds before a reset, so that the answer to its request is sent first. */
const RESET_MS = 100;

/**
 * A board on this computer's cable that colleagues reach through a broker. This computer is its agent: the same topics,
 * sessions, roles and signatures (docs/protocol.md, "A shared cable").
 */
export class SharedBoard implements Share, Disposable {
  readonly #lifetime = new DisposableStore();
  readonly #ended = this.#lifetime.add(new Emitter<ShareEnd>());
  readonly #came = this.#lifetime.add(new Emitter<HostSession>());
  /** Fired once. */
  readonly onDidEnd = this.#ended.event;
  /** A colleague has opened a session. */
  readonly onSession = this.#came.event;
  readonly #sessions: HostSessions;
  readonly #agent: SharedAgent;
  readonly #connection: BrokerConnection;
  #console: ConsoleLog;
  #tellTimer: Disposable | undefined;
  #toldState = '';
  /** The number of the last will of the current connection. */
  #willNumber: number | undefined;
  #wasAtPrompt = false;
  #resetting: Promise<void> | undefined;
  #ending: Promise<void> | undefined;

  constructor(private readonly options: ShareOptions) {
    const { facts, line, log, adminKey, secrets } = options;
    this.#sessions = new HostSessions(facts.uid, adminKey, systemClock);
    this.#console = this.#newConsole();
    const all = { boardKey: () => Promise.resolve(undefined), ...secrets };
    // As for an agent: brokers let a board use only its own topics, some by this id.
    const profile = { ...options.profile, clientId: `mpy-${facts.uid}` };
    this.#connection = this.#lifetime.add(
      new BrokerConnection(profile, all, log, profile.clientId, () => this.#will()),
    );
    this.#agent = this.#lifetime.add(
      new SharedAgent({
        ...{ facts, line, sessions: this.#sessions, clock: systemClock, log },
        console: () => this.#console,
        publish: (cid, message) =>
          this.#connection.publish(this.#topic(`r/${cid}`), message, { qos: 1 }),
        onState: () => this.#changed(),
        onSession: (session) => this.#came.fire(session),
        onReset: () => this.#reset(),
      }),
    );
    this.#listen();
  }

  /** Connects to the broker and announces the board. @throws ConnectError */
  async start(signal?: AbortSignal): Promise<void> {
    await this.#connection.connect(signal);
  }

  /** Says farewell and ends. The board's program and the link continue. */
  stop(end: ShareEnd = 'stopped'): Promise<void> {
    this.#ending ??= this.#stop(end);
    return this.#ending;
  }

  dispose(): void {
    this.#tellTimer?.dispose();
    this.#console.dispose();
    this.#lifetime.dispose();
  }

  #listen(): void {
    const { line } = this.options;
    const store = this.#lifetime;
    this.#wasAtPrompt = line.state === 'idle';
    store.add(
      this.#connection.listen(this.#topic('c/+'), ({ topic, payload, retained }) => {
        const root = this.options.profile.root ?? 'mpy';
        if (!retained) this.#agent.receive(parseTopic(root, topic)?.cid, payload);
      }),
    );
    store.add(
      this.#connection.onDidChangeState(({ tag }) => {
        // The connection subscribes next. An earlier HELLO would be lost.
        if (tag === 'online') queueMicrotask(() => this.#tell());
      }),
    );
    store.add(line.onDidChange(() => this.#changed()));
    store.add(
      line.onOutput((chunk) => {
        // What the user here types at the prompt is not for everyone.
        const isAtPrompt = line.state === 'idle';
        if (!isAtPrompt || !this.#wasAtPrompt || this.#resetting) this.#console.add(chunk);
        this.#wasAtPrompt = isAtPrompt;
      }),
    );
    store.add(line.onClose((cause) => this.#quietly(this.stop(cause ? 'unplugged' : 'stopped'))));
  }

  async #stop(end: ShareEnd): Promise<void> {
    this.#agent.dispose();
    if (this.#connection.state.tag === 'online') {
      await this.#publish('st', this.#gone(end), true).catch((error: unknown) => this.#note(error));
    }
    await this.#connection.disconnect();
    this.#ended.fire(end);
    this.dispose();
  }

  /**
   * Resets the board softly and starts a new boot, like a board with the agent. Sessions of the old
   * boot are void.
   */
  #reset(): void {
    this.#resetting ??= this.#restart().finally(() => {
      this.#resetting = undefined;
      this.#console.flush();
    });
    this.#quietly(this.#resetting);
  }

  async #restart(): Promise<void> {
    const wait = new Promise<void>((resolve) => void systemClock.after(RESET_MS, resolve));
    await wait; // the answer to the request is being sent
    await this.#publish('st', this.#gone('reset'), true);
    this.#agent.restart();
    this.#sessions.restart();
    this.#console.dispose();
    this.#console = this.#newConsole();
    try {
      await this.options.line.softReset();
    } finally {
      // A new connection, because the last will belongs to the old boot.
      if (!this.#ending) await this.#connection.disconnect();
      if (!this.#ending) await this.#connection.connect();
    }
  }

  #changed(): void {
    if (this.#agent.state === this.#toldState || this.#resetting) return;
    this.#tellTimer ??= systemClock.after(TELL_MS, () => {
      this.#tellTimer = undefined;
      if (this.#agent.state !== this.#toldState) this.#tell();
    });
  }

  #tell(): void {
    if (this.#connection.state.tag !== 'online' || this.#ending) return;
    this.#toldState = this.#agent.state;
    this.#quietly(this.#publish('st', this.#birth(), true));
    this.#console.flush();
  }

  #birth(): object {
    const { facts } = this.options;
    const { boot, nonce } = this.#sessions;
    return {
      ...{ on: 1, proto: 2, agent: AGENT_VERSION, slot: '', fw: facts.firmware },
      ...{ platform: facts.platform, machine: facts.machine.slice(0, 64), mpy: facts.mpy },
      ...{ name: facts.name.slice(0, 64), tags: [], boot, nonce: nonce.toString('hex') },
      ...{ mode: 'signed', roles: ROLES, state: this.#agent.state, reset: '', mtu: MTU },
      ...{ win: WINDOW, caps: this.#agent.caps, safe: 0, trial: 0, w: this.#willNumber },
      ...(facts.memory ? { free: facts.memory.free } : {}),
      ...(facts.flash ? { fs: [facts.flash.total, facts.flash.free] } : {}),
    };
  }

  #gone(why: string): object {
    return { on: 0, boot: this.#sessions.boot, why };
  }

  #will(): { topic: string; payload: Buffer } {
    const payload = this.#sessions.sign('st', { on: 0, boot: this.#sessions.boot });
    this.#willNumber = numberOf(payload);
    return { topic: this.#topic('st'), payload };
  }

  #newConsole(): ConsoleLog {
    return new ConsoleLog(this.#sessions.boot, systemClock, MTU, (batch) => {
      if (this.#connection.state.tag !== 'online' || this.#resetting) return false;
      this.#quietly(this.#publish('log', batch, false));
      return true;
    });
  }

  #publish(leaf: 'st' | 'log', body: object | Uint8Array, retain: boolean): Promise<void> {
    const message = this.#sessions.sign(leaf, body);
    return this.#connection.publish(this.#topic(leaf), message, { qos: 1, retain });
  }

  #topic(leaf: string): string {
    return `${this.options.profile.root ?? 'mpy'}/${this.options.facts.uid}/${leaf}`;
  }

  #quietly(work: Promise<void>): void {
    work.catch((error: unknown) => this.#note(error));
  }

  #note(error: unknown): void {
    this.options.log.warn(`${this.options.facts.name}: ${asError(error).message}`);
  }
}
