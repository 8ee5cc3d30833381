import * as l10n from '@vscode/l10n';
import type { Socket } from 'node:net';
import type { IClientOptions, MqttClient } from 'mqtt';
import { abortable, Deferred } from '../../core/async';
import type { BrokerProfile, BrokerSecrets, BrokerState } from '../../core/broker/broker';
import { asError, ConnectError, ConnectionLostError, FleetError } from '../../core/errors';
import { DisposableStore, Emitter, type Disposable, type Event } from '../../core/events';
import type { Log } from '../../core/log';
import { topicMatches } from '../../core/topics';
import { connectOptions } from './connectOptions';
import { freshCid } from './freshCid';
import { localBrokerHost } from './localBrokerHost';
import { connectError, refusesVersion } from './brokerErrors';

/** A received message. `retained`: the broker had stored it before. */
export interface BrokerMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
}

/** Seconds that a command may wait in a broker for a board that is away; MQTT 5 brokers then drop it. */
const COMMAND_EXPIRY_S = 60;
/** Larger messages, in bytes, are neither frames nor presence; MQTT 5 brokers do not send them. */
const MAX_PACKET = 64 * 1024;
/** A topic that no client subscribes to. */
const NO_TOPIC = 'mpyfleet/none';

/**
 * One MQTT connection: MQTT 5 if the broker supports it, else 3.1.1. Reconnects automatically and
 * keeps its subscriptions. Delivers messages to the listeners of matching topic filters.
 */
export class BrokerConnection implements Disposable {
  readonly #lifetime = new DisposableStore();
  readonly #stateChanged = this.#lifetime.add(new Emitter<BrokerState>());
  readonly onDidChangeState: Event<BrokerState> = this.#stateChanged.event;
  readonly #listeners = new Map<string, Set<(message: BrokerMessage) => void>>();
  /** By listener: the function to call if the broker does not allow the topic. */
  readonly #refused = new Map<(message: BrokerMessage) => void, () => void>();
  #state: BrokerState = { tag: 'off' };
  #client: MqttClient | undefined;
  #connecting: Promise<void> | undefined;
  /**
   * Publications and round trips not yet confirmed by the broker. They fail with the connection, although publications may
   * still arrive.
   */
  readonly #unconfirmed = new Set<Deferred<undefined>>();

  constructor(
    readonly profile: BrokerProfile,
    private readonly secrets: BrokerSecrets,
    private readonly log: Log,
    /** The client id at the broker, unless the profile has one. */
    private readonly clientId = freshCid(),
    /** The last will of each connection; undefined: none. */
    private readonly will?: () => { readonly topic: string; readonly payload: Buffer },
  ) {}

  get state(): BrokerState {
    return this.#state;
  }

  /** Connects unless already connected. @throws ConnectError with a hint */
  async connect(signal?: AbortSignal): Promise<void> {
    if (this.#state.tag === 'online') return;
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined));
    await abortable(this.#connecting, signal);
  }

  /**
   * Listens to a topic filter. Subscribes with the first listener and unsubscribes with the last.
   * @param onRefused the broker does not allow it; without this, the log says so
   */
  listen(
    filter: string,
    listener: (message: BrokerMessage) => void,
    onRefused?: () => void,
  ): Disposable {
    const all = this.#listeners.get(filter) ?? new Set();
    this.#listeners.set(filter, all);
    const own = (message: BrokerMessage) => listener(message);
    all.add(own);
    if (onRefused) this.#refused.set(own, onRefused);
    // A new listener of a subscribed topic gets its retained messages, too.
    if (all.size === 1 || onRefused) this.#subscribe(filter);
    return {
      dispose: () => {
        this.#refused.delete(own);
        all.delete(own);
        if (all.size > 0 || this.#listeners.get(filter) !== all) return;
        this.#listeners.delete(filter);
        this.#unsubscribe(filter);
      },
    };
  }

  /**
   * Publishes a message. With QoS 1, resolves when the broker has it.
   * @throws ConnectionLostError while the broker is away
   */
  async publish(
    topic: string,
    payload: Uint8Array,
    options: { qos: 0 | 1; retain?: boolean },
  ): Promise<void> {
    const properties =
      this.#state.tag === 'online' && this.#state.protocol === 5 && !options.retain
        ? { properties: { messageExpiryInterval: COMMAND_EXPIRY_S } }
        : {};
    await this.#acknowledged((client, done) =>
      client.publish(topic, Buffer.from(payload), { ...options, ...properties }, done),
    );
  }

  /**
   * Resolves when the broker has acknowledged all that was sent before. Brokers handle a client's packets in order (MQTT 5.0 section
   * 4.6), and acknowledge unsubscribing from a topic without a subscription as well (3.11.3), which needs no permission.
   * @throws ConnectionLostError while the broker is away
   */
  roundTrip(): Promise<void> {
    return this.#acknowledged((client, done) => client.unsubscribe(NO_TOPIC, done));
  }

  /** Resolves when `send` reports success. @throws ConnectionLostError */
  async #acknowledged(
    send: (client: MqttClient, done: (error?: Error | null) => void) => void,
  ): Promise<void> {
    const client = this.#client;
    if (!client?.connected) throw this.#lost();
    const done = new Deferred<undefined>();
    this.#unconfirmed.add(done);
    send(client, (error) => {
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
      try {
        await this.#connectWith(await this.secrets.password(this.profile, wrong));
        return;
      } catch (caught) {
        const error =
          caught instanceof FleetError ? caught : connectError(asError(caught), this.profile);
        const isRejected = error instanceof ConnectError && error.reason === 'wrongPassword';
        if (isRejected && !wrong && this.profile.username) {
          wrong = true;
          continue;
        }
        this.#set({ tag: 'offline', error });
        throw error;
      }
    }
  }

  async #connectWith(password: string | undefined): Promise<void> {
    const options = await connectOptions(this.profile, this.clientId, password);
    try {
      await this.#open({ ...options, protocolVersion: 5 }, 5);
    } catch (error) {
      if (!refusesVersion(asError(error))) throw error;
      this.log.debug(`${this.profile.name} has no MQTT 5; using 3.1.1`);
      await this.#open({ ...options, protocolVersion: 4 }, 4);
    }
  }

  async #open(options: IClientOptions, protocol: 4 | 5): Promise<void> {
    const { connect } = await import('./library');
    const first = new Deferred<undefined>();
    const client = connect(this.profile.url, {
      ...options,
      ...(await localBrokerHost(this.profile.url)),
      ...(this.will ? { will: { ...this.will(), qos: 1 as const, retain: true } } : {}),
      ...(protocol === 5 ? { properties: { maximumPacketSize: MAX_PACKET } } : {}),
    });
    this.#client = client;
    // Each connection has a last will of its own (docs/protocol.md section 2).
    client.on(
      'reconnect',
      () => this.will && Object.assign(client.options.will ?? {}, this.will()),
    );
    let last: Error | undefined;
    client.on('connect', () => {
      // Otherwise each command waits up to 40 ms for the TCP acknowledgement of the previous answer.
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
      this.#findAgain(client);
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
      // A failed first connection is reported to the user; only an established one is reopened automatically.
      client.end(true);
      if (this.#client === client) this.#client = undefined;
      throw error;
    }
  }

  /** Looks up a broker with a `.local` name again: it may have another address at the next attempt. */
  #findAgain(client: MqttClient): void {
    localBrokerHost(this.profile.url).then(
      (found) => Object.assign(client.options, found),
      (error: unknown) => this.log.debug(`${this.profile.name}: ${asError(error).message}`),
    );
  }

  #unsubscribe(filter: string): void {
    const client = this.#client;
    if (!client) return;
    client.unsubscribe(filter, (error) => {
      if (error) this.log.debug(`${this.profile.name}: unsubscribe: ${error.message}`);
      // The embedded broker loses a subscription that arrives with the end of the earlier one, and yet acknowledges it.
      if (this.#client === client && this.#listeners.has(filter)) this.#subscribe(filter);
    });
  }

  #subscribe(filter: string): void {
    if (!this.#client?.connected) return;
    this.#client.subscribe(filter, { qos: 1 }, (error, granted) => {
      const refused = error ?? granted?.find((g) => g.qos >= 128);
      if (!refused) return;
      const told = [...(this.#listeners.get(filter) ?? [])].flatMap(
        (listener) => this.#refused.get(listener) ?? [],
      );
      for (const onRefused of told) onRefused();
      if (told.length > 0) return;
      this.log.warn(
        `${this.profile.name} does not allow to listen to ${filter}: check the access rules of the broker`,
      );
    });
  }

  #deliver(message: BrokerMessage): void {
    // MQTT 3.1.1 cannot announce a maximum to the broker, so drop larger messages here.
    if (message.payload.length > MAX_PACKET) return;
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
    return new ConnectionLostError(l10n.t('The broker {0} is not connected', this.profile.name), {
      hint: l10n.t(
        'It reconnects automatically. Check that the broker is running and the network works.',
      ),
    });
  }
}
