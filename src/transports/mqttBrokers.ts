import * as l10n from '@vscode/l10n';
import type { MqboardAddress, MqttAddress } from '../core/address';
import type { AgentControl } from '../core/agent';
import type { BrokerHub, BrokerProfile, BrokerSecrets } from '../core/broker/broker';
import type { BoardSource } from '../core/board';
import { asError, ConnectError } from '../core/errors';
import { DisposableStore, Emitter, type Disposable } from '../core/events';
import type { Log } from '../core/log';
import type { Transport } from '../core/transport';
import { MqboardSource } from './mqboard/mqboardSource';
import { MqttAgentControl, MqttBroker, MqttTransport, PresenceSource } from './mqtt';

/** All configured brokers, with one connection each, shared by their boards. */
export class MqttBrokers implements BrokerHub, Disposable {
  readonly #lifetime = new DisposableStore();
  readonly #brokers = new Map<
    string,
    { broker: MqttBroker; source: PresenceSource; legacy: MqboardSource }
  >();
  readonly #changed = this.#lifetime.add(new Emitter<undefined>());
  readonly onDidChange = this.#changed.event;

  constructor(
    private readonly secrets: BrokerSecrets,
    private readonly log: Log,
  ) {}

  get all(): readonly MqttBroker[] {
    return [...this.#brokers.values()].map((b) => b.broker);
  }

  get(id: string): MqttBroker | undefined {
    return this.#brokers.get(id)?.broker;
  }

  agent(id: string, uid: string): AgentControl | undefined {
    const broker = this.get(id);
    return broker && new MqttAgentControl(broker, uid);
  }

  /** Returns the boards of a broker, for the fleet. */
  source(id: string): PresenceSource | undefined {
    return this.#brokers.get(id)?.source;
  }

  legacySource(id: string): BoardSource | undefined {
    return this.#brokers.get(id)?.legacy;
  }

  /** Adds or replaces a broker without connecting it. */
  set(profile: BrokerProfile): MqttBroker {
    this.remove(profile.id);
    const broker = new MqttBroker(profile, this.secrets, this.log);
    this.#brokers.set(profile.id, {
      broker,
      source: new PresenceSource(broker),
      legacy: new MqboardSource(broker),
    });
    this.#changed.fire(undefined);
    return broker;
  }

  remove(id: string): void {
    const old = this.#brokers.get(id);
    if (!old) return;
    this.#brokers.delete(id);
    old.source.dispose();
    old.legacy.dispose();
    old.broker.disconnect().then(
      () => old.broker.dispose(),
      (error: unknown) => this.log.warn(`${id}: ${asError(error).message}`),
    );
    this.#changed.fire(undefined);
  }

  /**
   * Returns the transport of `mqtt://BROKER/UID`.
   * @throws ConnectError when no such broker is configured
   */
  transport(address: MqttAddress): Transport {
    return new MqttTransport(address, this.#require(address), address.uid);
  }

  /**
   * Returns the transport of `mqboard://BROKER/PREFIX`.
   * @throws ConnectError when no such broker is configured
   */
  async legacyTransport(address: MqboardAddress): Promise<Transport> {
    const { MqboardTransport } = await import('./mqboard/mqboardTransport');
    return new MqboardTransport(address, this.#require(address), address.prefix);
  }

  #require(address: MqttAddress | MqboardAddress): MqttBroker {
    const { broker: id } = address;
    const broker = this.get(id);
    if (!broker) {
      throw new ConnectError(address, 'notFound', l10n.t('No broker "{0}" is configured', id), {
        hint: l10n.t('Add it with "MicroPython: Add a Broker", or start the local one.'),
      });
    }
    return broker;
  }

  dispose(): void {
    for (const id of [...this.#brokers.keys()]) this.remove(id);
    this.#lifetime.dispose();
  }
}
