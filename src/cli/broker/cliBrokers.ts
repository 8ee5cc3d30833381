import type { Address, MqboardAddress, MqttAddress } from '../../core/address';
import type { AgentControl } from '../../core/agent';
import { boardLogin, type Login } from '../../core/broker/boardLogin';
import type { BrokerProfile, BrokerSecrets } from '../../core/broker/broker';
import { LOCAL_BROKER_ID } from '../../core/broker/localBroker';
import type { Found } from '../../core/board';
import { asError, ConnectError, UsageError } from '../../core/errors';
import type { GroupResult } from '../../core/many';
import { mqboardAddress, mqttAddress } from '../../core/parseAddress';
import type { Transport } from '../../core/transport';
import type { MqttBrokers } from '../../transports/mqttBrokers';
import type { BrokerConnection, MqttBroker } from '../../transports/mqtt';
import type { Cli } from '../cli';
import { boardsReported } from './brokerList';
import { runningBrokers } from './control';
import { ignoredBoards } from './ignored';
import { keyStore, type KeyStore } from './keyFile';
import { brokerPassword, rejectedLogin } from './password';

/** A board's agent and its broker. */
export interface AtBroker {
  readonly uid: string;
  readonly control: AgentControl;
  readonly broker: MqttBroker;
}

/** The results of publishing to boards, by their addresses. A file that was written is in place and verified. */
export type Pushed = ReadonlyMap<string, Error | GroupResult>;

/** The brokers of the configuration. Each is connected when one of its boards is first needed. */
export class CliBrokers {
  #brokers: Promise<MqttBrokers> | undefined;
  #running: ReturnType<typeof runningBrokers> | undefined;
  /** Addresses of boards that may be in open mode. */
  readonly #named = new Set<string>();
  readonly keyFile: KeyStore;

  constructor(
    private readonly cli: Cli,
    private readonly profiles: readonly BrokerProfile[],
    private readonly more: {
      /** The brokers of a window, which are already connected, and the secret of its own broker. */
      readonly shared?: MqttBrokers;
      readonly localSecret?: () => Promise<string>;
      /** Ids of brokers that only a project's file names. */
      readonly foreign?: ReadonlySet<string>;
    } = {},
  ) {
    this.keyFile = keyStore(cli);
  }

  /**
   * Accepts boards in open mode at these addresses, because the user has written them. A name, tag or other mark that a board
   * gives itself is not enough: anyone at the broker can announce such a board, and would receive files and code.
   */
  named(addresses: readonly Address[]): void {
    for (const address of addresses) this.#named.add(address.text);
  }

  /** Whether the list of boards must be read from brokers. A window already has it. */
  get configured(): boolean {
    return !this.more.shared && this.profiles.length > 0;
  }

  /**
   * Returns the transport of `mqtt://BROKER/UID`, after giving the broker time to report the board.
   * @throws ConnectError
   */
  async transport(address: MqttAddress): Promise<Transport> {
    const brokers = await this.#load();
    const { broker: id, uid } = address;
    const broker = brokers.get(id);
    if (broker) await present(broker, [uid], this.cli.signal);
    return brokers.transport(address);
  }

  /** Returns the transport of `mqboard://BROKER/PREFIX`. @throws ConnectError */
  async legacyTransport(address: MqboardAddress): Promise<Transport> {
    const brokers = await this.#load();
    await brokers.get(address.broker)?.connect(this.cli.signal);
    return brokers.legacyTransport(address);
  }

  /**
   * Returns the agent of `mqtt://BROKER/UID`.
   * @throws UsageError if no configured broker has this board
   */
  async agent(address: Address): Promise<AgentControl> {
    const brokers = await this.#load();
    const broker = address.kind === 'mqtt' ? brokers.get(address.broker) : undefined;
    if (address.kind !== 'mqtt' || !broker) {
      throw new UsageError(`${address.text} is not behind a broker of the configuration`, {
        hint: 'This needs the agent on the board: mqtt://BROKER/UID, and the broker in fleet.json.',
      });
    }
    await present(broker, [address.uid], this.cli.signal);
    const agent = brokers.agent(address.broker, address.uid);
    if (agent) return agent;
    throw new UsageError(`No agent was found at ${address.text}`);
  }

  /**
   * Returns the agent of a board behind a broker, after giving the broker time to report it.
   * Undefined for other boards.
   * @throws ConnectError
   */
  async agentAt(address: Address): Promise<AtBroker | undefined> {
    if (address.kind !== 'mqtt') return undefined;
    const brokers = await this.#load();
    const broker = brokers.get(address.broker);
    if (!broker) return undefined;
    await present(broker, [address.uid], this.cli.signal);
    const control = brokers.agent(address.broker, address.uid);
    return control && { uid: address.uid, control, broker };
  }

  /** Connects to all brokers; lost connections reconnect automatically. @throws ConnectError */
  async connectAll(): Promise<MqttBrokers> {
    const brokers = await this.#load();
    await Promise.all(brokers.all.map((broker) => broker.connect(this.cli.signal)));
    return brokers;
  }

  /** Resolves once the connected brokers have reported their boards. A broker that is lost during this reconnects later. */
  async listed(): Promise<void> {
    const { all } = await this.#load();
    const outcomes = await Promise.allSettled(all.map((broker) => this.#reported(broker)));
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') this.cli.log.warn(asError(outcome.reason).message);
    }
  }

  async #reported(broker: MqttBroker | undefined): Promise<void> {
    await broker?.connect(this.cli.signal);
    if (broker) await boardsReported(broker, this.cli.signal);
  }

  /**
   * Connects to one configured broker.
   * @throws ConnectError
   * @throws UsageError if no broker has that id
   */
  async connected(id: string): Promise<MqttBroker> {
    const broker = (await this.#load()).get(id);
    if (!broker) throw this.#unknown(id);
    await broker.connect(this.cli.signal);
    return broker;
  }

  /**
   * Returns a separate connection to a configured broker, which the caller closes.
   * @throws ConnectError, UsageError
   */
  async connection(id: string): Promise<BrokerConnection> {
    const profile = this.profiles.find((p) => p.id === id);
    if (!profile) throw this.#unknown(id);
    const { BrokerConnection: Connection } = await import('../../transports/mqtt/brokerConnection');
    const connection = new Connection(profile, this.#secrets(), this.cli.log);
    await connection.connect(this.cli.signal);
    return connection;
  }

  #unknown(id: string): UsageError {
    const known = this.profiles.map((p) => p.id).join(', ') || 'none';
    return new UsageError(`fleet.json has no broker "${id}"; it has: ${known}`, {
      hint: `Add it: {"brokers": {"${id}": "mqtt://HOST:1883"}}.`,
    });
  }

  /**
   * Returns the boards that the brokers report, without those that the user ignores.
   * @param onFailed receives why a broker reports nothing; the others are still asked
   * @throws ConnectError without `onFailed`; CancelledError
   */
  async discover(onFailed?: (error: ConnectError) => void): Promise<readonly Found[]> {
    const brokers = await this.#load();
    const found = await Promise.all(
      this.profiles.map(async ({ id }) => {
        const source = brokers.source(id);
        if (!source) return [];
        source.start();
        try {
          await this.#reported(brokers.get(id));
        } catch (error) {
          if (!onFailed || !(error instanceof ConnectError)) throw error;
          onFailed(error);
          return [];
        }
        return source.found;
      }),
    );
    const ignored = await ignoredBoards(this.cli).all();
    return found.flat().filter(({ uid }) => uid === undefined || !ignored.has(uid));
  }

  /** Publishes a file to boards, given by their addresses, once per broker. Omits boards that cannot be reached this way. */
  async publish(
    addresses: readonly Address[],
    path: string,
    content: Uint8Array,
    signal: AbortSignal,
  ): Promise<Pushed> {
    const brokers = await this.#load();
    const { GroupPush } = await import('../../transports/mqtt/groupPush');
    const pushed = new Map<string, Error | GroupResult>();
    for (const { id } of this.profiles) {
      const broker = brokers.get(id);
      const own = addresses.filter((a) => a.kind === 'mqtt').filter((a) => a.broker === id);
      if (!broker || own.length < 2) continue;
      const uids = own.map((a) => a.uid);
      await present(broker, uids, signal);
      const clients = uids.map((uid) => broker.client(uid));
      const toAll = (message: Uint8Array) => broker.publishToAll(message);
      const outcomes = await new GroupPush(clients, path, content, toAll, { signal }).run();
      for (const [i, outcome] of outcomes.entries()) {
        const address = own[i];
        if (address) {
          pushed.set(address.text, outcome.status === 'failed' ? outcome.error : outcome.value);
        }
      }
    }
    return pushed;
  }

  async close(): Promise<void> {
    if (!this.#brokers || this.more.shared) return;
    const brokers = await this.#brokers;
    await Promise.all(brokers.all.map((b) => b.disconnect()));
    brokers.dispose();
  }

  #load(): Promise<MqttBrokers> {
    this.#brokers ??= this.#make();
    return this.#brokers;
  }

  async #make(): Promise<MqttBrokers> {
    if (this.more.shared) return this.more.shared;
    const { MqttBrokers } = await import('../../transports/mqttBrokers');
    const brokers = new MqttBrokers(this.#secrets(), this.cli.log);
    for (const profile of this.profiles) brokers.set(profile);
    return brokers;
  }

  /**
   * Returns the password of a broker.
   * @throws UsageError for a broker that only a project's file names, without a password of its own
   */
  password(profile: BrokerProfile): string | undefined {
    return brokerPassword(this.cli, profile, !this.more.foreign?.has(profile.id));
  }

  /**
   * Returns the login that a board gets at a broker of this user: the one of the window, or one that `broker start` runs. Undefined
   * for other brokers, whose logins their administrator gives.
   */
  async boardLogin(profile: BrokerProfile, uid: string): Promise<Login | undefined> {
    const { localSecret } = this.more;
    if (localSecret && profile.id === LOCAL_BROKER_ID) return boardLogin(await localSecret(), uid);
    const own = await (this.#running ??= runningBrokers(this.cli.env));
    const secret = own.some(({ urls }) => urls.includes(profile.url))
      ? this.password(profile)
      : undefined;
    return secret === undefined ? undefined : boardLogin(secret, uid);
  }

  /** Passwords from the environment, and the boards' keys from the key file. */
  #secrets(): BrokerSecrets {
    return {
      // eslint-disable-next-line @typescript-eslint/require-await -- an exception becomes a rejection
      password: async (profile, wrong) => {
        const password = this.password(profile);
        if (wrong) throw rejectedLogin(profile, password !== undefined);
        return password;
      },
      boardKey: (uid) => this.keyFile.key(uid),
      acceptsOpen: ({ id: broker }, id) =>
        Promise.resolve(
          this.#named.has(mqttAddress(broker, id).text) ||
            this.#named.has(mqboardAddress(broker, id).text),
        ),
    };
  }
}

/**
 * Connects, and resolves once the broker has reported these boards or has none left to report.
 * @throws ConnectError
 */
async function present(
  broker: MqttBroker,
  uids: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await broker.connect(signal);
  const areThere = () => uids.every((uid) => broker.presences.has(uid));
  if (!areThere()) await boardsReported(broker, signal, areThere);
}
