import type { Address } from '../../core/address';
import {
  type Birth,
  type BoardKey,
  decodeJson,
  type Gone,
  isLateWill,
  isSigned,
  parseLogBatch,
  parseMessageBatch,
  parsePresence,
  parseTopic,
  PresenceOrder,
  type ToldPresence,
  withoutTags,
} from '../../core/agent';
import type {
  AppMessages,
  BoardLog,
  BoardMessage,
  Broker,
  BrokerProfile,
  BrokerSecrets,
  BrokerState,
  Presence,
} from '../../core/broker/broker';
import { asError } from '../../core/errors';
import { DisposableStore, Emitter, type Disposable, type Event } from '../../core/events';
import type { Log } from '../../core/log';
import { acceptedKey, requireAccepted } from './acceptedKey';
import { AgentClient, leaveBoards } from './agentClient';
import { BrokerConnection, type BrokerMessage } from './brokerConnection';
import { DesiredConfigs } from './desiredConfigs';
import { BoardTurns } from './boardTurns';
import { OtherStarts } from './otherStarts';
import { MqttTopics } from './userTopics';
import { freshCid } from './freshCid';

/** Larger event and telemetry messages, in bytes, are ignored. */
const MAX_MESSAGE = 16 * 1024;
/** Longest presence message that is kept, in bytes. */
const MAX_PRESENCE = 4 * 1024;
/** Maximum number of boards listed per broker, also those that have left, so that no one can fill the memory. */
const MAX_BOARDS = 20_000;

/** A broker and its boards: their presence and messages, and a client for each board in use. */
export class MqttBroker implements Broker, Disposable {
  readonly #lifetime = new DisposableStore();
  readonly #presence = this.#lifetime.add(new Emitter<Presence>());
  readonly onPresence = this.#presence.event;
  readonly #presences = new Map<string, Birth | Gone>();
  /** Boards that were ever listed. Anyone can invent others, and a listener keeps something of each. */
  readonly #listed = new Set<string>();
  /** The last presence message of each board. */
  readonly #told = new Map<string, ToldPresence>();
  readonly #order = new PresenceOrder();
  readonly #clients = new Map<string, AgentClient>();
  /** Messages that wait for the board's key. */
  readonly #turns = new BoardTurns((uid, e) =>
    this.log.warn(`${this.profile.name}: ${uid}: ${asError(e).message}`),
  );
  readonly #starts = new OtherStarts((uid, boot, known) => this.#takeBack(uid, boot, known));
  /** Boards that were forgotten here; the will of their last connection may still arrive. */
  readonly #forgotten = new Set<string>();
  /** New in every program run: two never share requests, and rules of brokers let each read its own answers only. */
  readonly #cid = freshCid();
  readonly #desired = new DesiredConfigs();
  readonly connection: BrokerConnection;
  readonly topics: MqttTopics;

  constructor(
    readonly profile: BrokerProfile,
    private readonly secrets: BrokerSecrets,
    private readonly log: Log,
  ) {
    this.connection = this.#lifetime.add(new BrokerConnection(profile, secrets, log, this.#cid));
    this.topics = new MqttTopics(this.connection);
    this.#lifetime.add(this.connection.listen(`${this.root}/+/st`, (m) => this.#onPresence(m)));
    this.#lifetime.add(
      this.connection.listen(`${this.root}/+/r/${this.#cid}`, (m) => {
        const uid = parseTopic(this.root, m.topic)?.uid;
        if (uid) this.#clients.get(uid)?.receive(m.payload);
      }),
    );
  }

  get root(): string {
    return this.profile.root ?? 'mpy';
  }

  get state(): BrokerState {
    return this.connection.state;
  }

  get onDidChangeState(): Event<BrokerState> {
    return this.connection.onDidChangeState;
  }

  get presences(): ReadonlyMap<string, Birth | Gone> {
    return this.#presences;
  }

  readonly onLog: Event<BoardLog> = (listener) =>
    this.connection.listen(`${this.root}/+/log`, (m) => {
      this.#checked(m, (uid, body) => listener({ uid, batch: parseLogBatch(body) }));
    });

  readonly onMessage: Event<BoardMessage> = (listener) => {
    const store = new DisposableStore();
    for (const leaf of ['ev', 'tm', 'cfgr'] as const) {
      store.add(
        this.connection.listen(`${this.root}/+/${leaf}`, (m) => {
          if (m.payload.length > MAX_MESSAGE) return;
          this.#checked(m, (uid, body) => listener({ uid, topic: leaf, data: decodeJson(body) }));
        }),
      );
    }
    return store;
  };

  readonly onAppMessages: Event<AppMessages> = (listener) =>
    this.connection.listen(`${this.root}/+/msg`, (m) => {
      this.#checked(m, (uid, body) => listener({ uid, batch: parseMessageBatch(body) }));
    });

  connect(signal?: AbortSignal): Promise<void> {
    return this.connection.connect(signal);
  }

  async disconnect(): Promise<void> {
    if (this.state.tag === 'online') await leaveBoards([...this.#clients.values()], this.log);
    await this.connection.disconnect();
  }

  async forget(uid: string): Promise<void> {
    this.#forgotten.add(uid);
    for (const leaf of ['st', 'cfg', 'cfgr']) {
      const topic = `${this.root}/${uid}/${leaf}`;
      await this.connection.publish(topic, new Uint8Array(), { qos: 1, retain: true });
    }
  }

  /**
   * Leaves settings at the broker for a board, which applies them once (docs/protocol.md section 10).
   * @throws UsageError without the board's admin key
   */
  async desire(uid: string, set: Readonly<Record<string, unknown>>): Promise<void> {
    const message = this.#desired.message(uid, set, await this.#keyFor(uid));
    await this.connection.publish(`${this.root}/${uid}/cfg`, message, { qos: 1, retain: true });
  }

  /** Returns the client of one board, created on first use. */
  client(uid: string): AgentClient {
    const known = this.#clients.get(uid);
    if (known) return known;
    const client = new AgentClient({
      uid,
      cid: this.#cid,
      log: this.log,
      name: () => this.secrets.nameOf?.(uid),
      birth: () => this.#presences.get(uid),
      onPresence: (listener) => this.onPresence((p) => p.uid === uid && listener(p.state, p.raw)),
      key: () => this.#keyFor(uid),
      encrypt: this.profile.encrypt ?? 'off',
      publish: (payload, qos) =>
        this.connection.publish(`${this.root}/${uid}/c/${this.#cid}`, payload, { qos }),
    });
    this.#clients.set(uid, client);
    this.#lifetime.add(client);
    return client;
  }

  /** Publishes one message for all boards that listen (docs/protocol.md section 8). */
  publishToAll(payload: Uint8Array): Promise<void> {
    return this.connection.publish(`${this.root}/all/c/${this.#cid}`, payload, { qos: 0 });
  }

  dispose(): void {
    this.#lifetime.dispose();
  }

  /** Checks that the user accepts a board in open mode. `id`: its uid or prefix. @throws ConnectError */
  requireAccepted(address: Address, id: string): Promise<void> {
    return requireAccepted({ profile: this.profile, secrets: this.secrets }, address, id);
  }

  #keyFor(uid: string): Promise<BoardKey | undefined> {
    return acceptedKey({ profile: this.profile, secrets: this.secrets }, uid, this.#presences);
  }

  /** Passes messages on in order: only signed ones if this computer has the board's key, else those of listed boards. */
  #checked(message: BrokerMessage, take: (uid: string, body: Uint8Array) => void): void {
    const { uid, leaf = '' } = parseTopic(this.root, message.topic) ?? {};
    if (!uid) return;
    this.#turns.add(uid, async () => {
      const key = await this.secrets.boardKey(uid);
      // Only a session proves protocol 1, because anyone can announce a board with it.
      const isOlder = this.#clients.get(uid)?.isOlder ?? false;
      if (key && !isOlder && !isSigned(message.payload, { uid, leaf, ...key })) {
        this.log.debug(`${this.profile.name}: ${leaf} of ${uid} that the board has not signed`);
      } else if (key || this.#listed.has(uid)) take(uid, withoutTags(message.payload));
    });
  }

  /**
   * Handles presence of a known board. Neither an unsigned message nor a copy of an earlier one replaces a signed one, because
   * anyone can announce a board, even as protocol 1 without tags. While neither is signed, the board is listed as announced.
   */
  async #doubt(uid: string, message: BrokerMessage): Promise<void> {
    const isSignedNow = await this.#hasSigned(uid, message.payload);
    const state = isSignedNow ? parsePresence(message.payload) : undefined;
    // A copy of an earlier start's birth must not make its farewell believed.
    if (state && !state.on) await this.#starts.decided(uid);
    const before = this.#told.get(uid);
    const wasSigned = await this.#hasSigned(uid, before?.message);
    const client = this.#clients.get(uid);
    if (before && wasSigned) this.#order.note(uid, before);
    const isBelieved = wasSigned || client?.trusts(message.payload) === false;
    if (state ? this.#order.isCopy(uid, { message: message.payload, state }) : isBelieved) {
      this.log.debug(`${this.profile.name}: presence of ${uid} is unsigned or a copy`);
      return;
    }
    if (client?.trusts(message.payload) === false) client.forgetSession(); // its new key is known
    const known = this.#told.get(uid)?.message;
    this.#take(uid, message.payload, state);
    const boot = this.#presences.get(uid)?.boot;
    const isStill = client?.isStillInSession;
    if (known && boot !== undefined && isStill) this.#starts.announced(uid, boot, known, isStill);
  }

  /** Takes back the announcement of `boot`: the board is still in the start that is known from its last message before. */
  #takeBack(uid: string, boot: string, known: Uint8Array): void {
    this.log.debug(`${this.profile.name}: ${uid} has not started again; presence is a copy`);
    this.#order.noteEarlier(uid, boot);
    if ((this.#presences.get(uid)?.boot ?? boot) !== boot) return;
    this.#presences.delete(uid); // `known` may be a will, which counts only for its own boot
    this.#take(uid, known);
  }

  #onPresence(message: BrokerMessage): void {
    const uid = parseTopic(this.root, message.topic)?.uid;
    if (!uid) return;
    if (message.payload.length === 0) {
      this.#presences.delete(uid);
      this.#presence.fire({ uid, state: { on: false, boot: '', why: 'removed' } });
      // Anyone can remove a board from the broker. Its last signed message still blocks forged presence.
      this.#turns.add(uid, async () => {
        if (!(await this.#hasSigned(uid, this.#told.get(uid)?.message))) this.#told.delete(uid);
      });
      return;
    }
    if (!this.#presences.has(uid) && !this.#told.has(uid)) this.#take(uid, message.payload);
    else this.#turns.add(uid, () => this.#doubt(uid, message));
  }

  /** Clears a removed board's will. Retained, it would list the board forever. */
  #clearWill(uid: string): void {
    const topic = `${this.root}/${uid}/st`;
    this.connection
      .publish(topic, new Uint8Array(), { qos: 1, retain: true })
      .catch((error: unknown) =>
        this.log.warn(`${this.profile.name}: clearing ${topic}: ${asError(error).message}`),
      );
  }

  async #hasSigned(uid: string, raw: Uint8Array | undefined): Promise<boolean> {
    const key = await this.secrets.boardKey(uid);
    return key !== undefined && raw !== undefined && isSigned(raw, { uid, leaf: 'st', ...key });
  }

  #take(uid: string, message: Uint8Array, parsed?: Birth | Gone): void {
    let state: Birth | Gone;
    try {
      state = parsed ?? parsePresence(message);
    } catch (error) {
      this.log.warn(`${this.profile.name}: presence of ${uid}: ${asError(error).message}`);
      return;
    }
    const before = this.#presences.get(uid);
    if (state.on) this.#forgotten.delete(uid);
    else if (!before && this.#forgotten.has(uid)) {
      this.#clearWill(uid);
      return;
    }
    if (isLateWill(state, before)) return;
    if (!this.#listed.has(uid) && this.#listed.size >= MAX_BOARDS) {
      this.log.warn(`${this.profile.name}: more than ${MAX_BOARDS} boards; ${uid} is not listed`);
      return;
    }
    this.#listed.add(uid);
    this.#presences.set(uid, state);
    // Copy the payload, which is a view of a larger buffer. No board's presence is longer.
    if (message.length <= MAX_PRESENCE) this.#told.set(uid, { message: message.slice(), state });
    this.#presence.fire({ uid, state, raw: message });
  }
}
