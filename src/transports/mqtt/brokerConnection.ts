import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { IClientOptions, MqttClient } from 'mqtt';
import { abortable, Deferred } from '../../core/async';
import type { BrokerProfile, BrokerSecrets, BrokerState } from '../../core/broker/brokers';
import { asError, ConnectionLostError } from '../../core/errors';
import { DisposableStore, Emitter, type Disposable, type Event } from '../../core/events';
import type { Log } from '../../core/log';
import { connectError, refusesVersion } from './brokerErrors';

/** A message as it came. `retained`: kept by the broker from an earlier time. */
export interface BrokerMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
}

/** Pause before mqtt.js tries a lost broker again. */
const RECONNECT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 15_000;
/** What a command may wait in a broker for a board that is away (MQTT 5 brokers drop it then). */
const COMMAND_EXPIRY_S = 60;
/** Larger messages than any frame or presence are nobody's; MQTT 5 brokers then do not send them. */
const MAX_PACKET = 64 * 1024;

/**
 * One MQTT connection: MQTT 5 where the broker has it, else 3.1.1. Lost connections are made again by themselves;
 * subscriptions survive that. Messages go to those who listen for their topic's filter.
 */
export class BrokerConnection implements Disposable {
  readonly #lifetime = new DisposableStore();
  readonly #stateChanged = this.#lifetime.add(new Emitter<BrokerState>());
  readonly onDidChangeState: Event<BrokerState> = this.#stateChanged.event;
  readonly #listeners = new Map<string, Set<(message: BrokerMessage) => void>>();
  #state: BrokerState = { tag: 'off' };
  #client: MqttClient | undefined;
  #connecting: Promise<void> | undefined;
  /** Publications that the broker has not confirmed. They end with the connection, though they may still arrive. */
  readonly #unconfirmed = new Set<Deferred<undefined>>();

  constructor(
    readonly profile: BrokerProfile,
    private readonly secrets: BrokerSecrets,
    private readonly log: Log,
  ) {}

  get state(): BrokerState {
    return this.#state;
  }

  /** Connects if that has not happened yet. @throws ConnectError that says what to do */
  async connect(signal?: AbortSignal): Promise<void> {
    if (this.#state.tag === 'online') return;
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined));
    await abortable(this.#connecting, signal);
  }

  /**
   * Hears the messages of a topic filter. The broker is asked for them with the first listener and told to stop with
   * the last.
   */
  listen(filter: string, listener: (message: BrokerMessage) => void): Disposable {
    const all = this.#listeners.get(filter) ?? new Set();
    this.#listeners.set(filter, all);
    const own = (message: BrokerMessage) => listener(message);
    all.add(own);
    if (all.size === 1) this.#subscribe(filter);
    return {
      dispose: () => {
        all.delete(own);
        if (all.size > 0 || this.#listeners.get(filter) !== all) return;
        this.#listeners.delete(filter);
        this.#client?.unsubscribe(filter, (error) => {
          if (error) this.log.debug(`${this.profile.name}: unsubscribe: ${error.message}`);
        });
      },
    };
  }

  /**
   * Publishes; with QoS 1 resolves when the broker has it.
   * @throws ConnectionLostError while the broker is away
   */
  async publish(
    topic: string,
    payload: Uint8Array,
    options: { qos: 0 | 1; retain?: boolean },
  ): Promise<void> {
    const client = this.#client;
    if (!client?.connected) throw this.#lost();
    const properties =
      this.#state.tag === 'online' && this.#state.protocol === 5 && !options.retain
        ? { properties: { messageExpiryInterval: COMMAND_EXPIRY_S } }
        : {};
    const done = new Deferred<undefined>();
    this.#unconfirmed.add(done);
    client.publish(topic, Buffer.from(payload), { ...options, ...properties }, (error) => {
      if (error) done.reject(new ConnectionLostError(`${this.profile.name}: ${error.message}`));
      else done.resolve(undefined);
    });
    try {
      await done.promise;
    } finally {
      this.#unconfirmed.delete(done);
    }
  }

  async disconnect(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#set({ tag: 'off' });
    await client?.endAsync(true);
  }

  dispose(): void {
    void this.disconnect().catch((error: unknown) => this.log.debug(asError(error).message));
    this.#lifetime.dispose();
  }

  async #connect(): Promise<void> {
    await this.disconnect();
    this.#set({ tag: 'connecting' });
    let wrong = false;
    for (;;) {
      const password = await this.secrets.password(this.profile, wrong);
      try {
        await this.#connectWith(password);
        return;
      } catch (caught) {
        const error = connectError(asError(caught), this.profile);
        if (error.reason === 'wrongPassword' && !wrong && this.profile.username) {
          wrong = true;
          continue;
        }
        this.#set({ tag: 'offline', error });
        throw error;
      }
    }
  }

  async #connectWith(password: string | undefined): Promise<void> {
    const options = await this.#options(password);
    try {
      await this.#open({ ...options, protocolVersion: 5 }, 5);
    } catch (error) {
      if (!refusesVersion(asError(error))) throw error;
      this.log.debug(`${this.profile.name} has no MQTT 5; using 3.1.1`);
      await this.#open({ ...options, protocolVersion: 4 }, 4);
    }
  }

  async #options(password: string | undefined): Promise<IClientOptions> {
    const { username, caFile, certFile, keyFile } = this.profile;
    const file = async (path: string | undefined) => (path ? await readFile(path) : undefined);
    const [ca, cert, key] = await Promise.all([file(caFile), file(certFile), file(keyFile)]);
    return {
      clean: true,
      reconnectPeriod: RECONNECT_MS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepalive: 30,
      resubscribe: false,
      queueQoSZero: false,
      clientId: `mpyfleet-${Math.random().toString(36).slice(2, 12)}`,
      ...(username ? { username } : {}),
      // MQTT 3.1.1 forbids a password without a name.
      ...(username && password !== undefined ? { password } : {}),
      ...(ca ? { ca } : {}),
      ...(cert ? { cert } : {}),
      ...(key ? { key } : {}),
    };
  }

  async #open(options: IClientOptions, protocol: 4 | 5): Promise<void> {
    const { connect } = await import('./library');
    const first = new Deferred<undefined>();
    const client = connect(this.profile.url, {
      ...options,
      ...(protocol === 5 ? { properties: { maximumPacketSize: MAX_PACKET } } : {}),
    });
    this.#client = client;
    let last: Error | undefined;
    client.on('connect', () => {
      // Else each command waits up to 40 ms behind the acknowledgement of the answer before it.
      (client.stream as unknown as Partial<Socket>).setNoDelay?.(true);
      this.#set({ tag: 'online', protocol });
      for (const filter of this.#listeners.keys()) this.#subscribe(filter);
      first.resolve(undefined);
    });
    client.on('message', (topic, payload, packet) =>
      this.#deliver({ topic, payload, retained: packet.retain }),
    );
    client.on('error', (error) => {
      last = error;
      first.reject(error);
    });
    client.on('close', () => {
      const error = last ?? this.#lost();
      last = undefined;
      first.reject(error);
      for (const publication of this.#unconfirmed) publication.reject(this.#lost());
      if (this.#client === client && this.#state.tag === 'online') {
        this.#set({ tag: 'offline', error: this.#lost() });
      }
    });
    try {
      await first.promise;
    } catch (error) {
      // A first connection that fails is told to the user; only one that has worked is made again by itself.
      client.end(true);
      if (this.#client === client) this.#client = undefined;
      throw error;
    }
  }

  #subscribe(filter: string): void {
    if (!this.#client?.connected) return;
    this.#client.subscribe(filter, { qos: 1 }, (error, granted) => {
      const refused = error ?? granted?.find((g) => g.qos >= 128);
      if (!refused) return;
      this.log.warn(
        `${this.profile.name} does not allow to listen to ${filter}: check the access rules of the broker`,
      );
    });
  }

  #deliver(message: BrokerMessage): void {
    for (const [filter, listeners] of this.#listeners) {
      if (!topicMatches(filter, message.topic)) continue;
      for (const listener of [...listeners]) {
        try {
          listener(message);
        } catch (error) {
          this.log.warn(`${this.profile.name}: ${message.topic}: ${asError(error).message}`);
        }
      }
    }
  }

  #set(state: BrokerState): void {
    this.#state = state;
    this.#stateChanged.fire(state);
  }

  #lost(): ConnectionLostError {
    return new ConnectionLostError(`The broker ${this.profile.name} is not connected`, {
      hint: 'It is tried again by itself; check that the broker runs and the network works.',
    });
  }
}

/** Whether a topic is one that the filter asks for (MQTT 3.1.1, section 4.7). */
export function topicMatches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const parts = topic.split('/');
  for (const [i, part] of wanted.entries()) {
    if (part === '#') return true;
    if (part !== '+' && part !== parts[i]) return false;
    if (parts[i] === undefined) return false;
  }
  return wanted.length === parts.length;
}
