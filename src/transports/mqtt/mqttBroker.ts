import { decodeJson } from '../../core/agent/agentProtocol';
import { parseLogBatch } from '../../core/agent/agentProtocolLog';
import {
  parsePresence,
  parseTopic,
  type Birth,
  type Gone,
} from '../../core/agent/agentProtocolPresence';
import type {
  BoardLog,
  BoardMessage,
  Broker,
  BrokerProfile,
  BrokerSecrets,
  BrokerState,
  Presence,
} from '../../core/broker/brokers';
import { asError } from '../../core/errors';
import { DisposableStore, Emitter, type Disposable, type Event } from '../../core/events';
import type { Log } from '../../core/log';
import { AgentClient } from './agentClient';
import { BrokerConnection, type BrokerMessage } from './brokerConnection';

/** Event and telemetry messages larger than this are not looked at. */
const MAX_MESSAGE = 16 * 1024;
/** Boards beyond this on one broker are not listed: a broker gone mad must not fill the memory. */
const MAX_BOARDS = 20_000;

/** A broker with its boards: who is there, what they say, and a client for each that is worked with. */
export class MqttBroker implements Broker, Disposable {
  readonly #lifetime = new DisposableStore();
  readonly #presence = this.#lifetime.add(new Emitter<Presence>());
  readonly onPresence = this.#presence.event;
  readonly #presences = new Map<string, Birth | Gone>();
  readonly #clients = new Map<string, AgentClient>();
  /** Fresh for every program run: two windows of the editor never share requests (docs/protocol.md section 1). */
  readonly #cid = freshCid();
  readonly connection: BrokerConnection;

  constructor(
    readonly profile: BrokerProfile,
    private readonly secrets: BrokerSecrets,
    private readonly log: Log,
  ) {
    this.connection = this.#lifetime.add(new BrokerConnection(profile, secrets, log));
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
      const uid = parseTopic(this.root, m.topic)?.uid;
      if (uid) listener({ uid, batch: parseLogBatch(m.payload) });
    });

  readonly onMessage: Event<BoardMessage> = (listener) => {
    const store = new DisposableStore();
    for (const leaf of ['ev', 'tm', 'cfgr'] as const) {
      store.add(
        this.connection.listen(`${this.root}/+/${leaf}`, (m) => {
          const uid = parseTopic(this.root, m.topic)?.uid;
          if (uid && m.payload.length <= MAX_MESSAGE) {
            listener({ uid, topic: leaf, data: decodeJson(m.payload) });
          }
        }),
      );
    }
    return store;
  };

  connect(signal?: AbortSignal): Promise<void> {
    return this.connection.connect(signal);
  }

  disconnect(): Promise<void> {
    return this.connection.disconnect();
  }

  async forget(uid: string): Promise<void> {
    for (const leaf of ['st', 'cfg', 'cfgr']) {
      const topic = `${this.root}/${uid}/${leaf}`;
      await this.connection.publish(topic, new Uint8Array(), { qos: 1, retain: true });
    }
  }

  /** The conversation with one board, made when it is first needed. */
  client(uid: string): AgentClient {
    const known = this.#clients.get(uid);
    if (known) return known;
    const client = new AgentClient({
      uid,
      cid: this.#cid,
      log: this.log,
      birth: () => this.#presences.get(uid),
      onPresence: (listener) => this.onPresence((p) => p.uid === uid && listener(p.state)),
      key: () => this.secrets.boardKey(uid),
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

  #onPresence(message: BrokerMessage): void {
    const uid = parseTopic(this.root, message.topic)?.uid;
    if (!uid) return;
    if (message.payload.length === 0) {
      this.#presences.delete(uid);
      this.#presence.fire({ uid, state: { on: false, boot: '', why: 'removed' } });
      return;
    }
    let state: Birth | Gone;
    try {
      state = parsePresence(message.payload);
    } catch (error) {
      this.log.warn(`${this.profile.name}: presence of ${uid}: ${asError(error).message}`);
      return;
    }
    const before = this.#presences.get(uid);
    // The will of an earlier boot comes late when a board restarts faster than the broker misses it.
    if (!state.on && before?.on && before.boot !== state.boot) return;
    if (!before && this.#presences.size >= MAX_BOARDS) {
      this.log.warn(`${this.profile.name}: more than ${MAX_BOARDS} boards; ${uid} is not listed`);
      return;
    }
    this.#presences.set(uid, state);
    this.#presence.fire({ uid, state });
  }
}

function freshCid(): string {
  const random = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(random, (b) => (b % 36).toString(36)).join('');
}
