import type { BoardSource, Found } from '../../core/board/discovery';
import { DisposableStore, Emitter } from '../../core/events';
import type { MqttBroker } from '../mqtt/mqttBroker';

/** Boards beyond this on one broker are not listed. */
const MOST = 1_000;

/** Boards that run the original mqboard: they are listed once they have said anything, and never known to be away. */
export class MqboardSource implements BoardSource {
  readonly #lifetime = new DisposableStore();
  readonly #changed = this.#lifetime.add(new Emitter<undefined>());
  readonly onDidChange = this.#changed.event as BoardSource['onDidChange'];
  readonly #found = new Map<string, Found>();

  constructor(private readonly broker: MqttBroker) {}

  get found(): readonly Found[] {
    return [...this.#found.values()];
  }

  start(): void {
    const { legacyPrefix } = this.broker.profile;
    if (!legacyPrefix) return;
    for (const leaf of ['sysinfo', 'log']) {
      this.#lifetime.add(
        this.broker.connection.listen(`${legacyPrefix}/${leaf}`, ({ topic }) =>
          this.#take(topic.slice(0, -leaf.length - 1)),
        ),
      );
    }
  }

  dispose(): void {
    this.#lifetime.dispose();
  }

  #take(prefix: string): void {
    if (this.#found.has(prefix) || this.#found.size >= MOST) return;
    const rest = `${this.broker.profile.id}/${prefix}`;
    this.#found.set(prefix, {
      address: { kind: 'mqboard', text: `mqboard://${rest}`, rest },
      ...{ likely: true, online: true, name: prefix.split('/').at(-1) ?? prefix },
      details: { broker: this.broker.profile.name, agent: 'mqboard' },
    });
    this.#changed.fire(undefined);
  }
}
