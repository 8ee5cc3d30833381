import { mqboardAddress } from '../../core/parseAddress';
import type { BoardSource, Found } from '../../core/board';
import { DisposableStore, Emitter } from '../../core/events';
import type { MqttBroker } from '../mqtt';

/** Maximum number of boards listed per broker. */
const MOST = 1_000;

/**
 * Boards with the original mqboard. They are listed once they have sent anything, and are never
 * known to be away.
 */
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
    this.#found.set(prefix, {
      address: mqboardAddress(this.broker.profile.id, prefix),
      ...{ likely: true, online: true, name: prefix.split('/').at(-1) ?? prefix },
      unproven: true,
      // The original mqboard has no keys: it obeys anyone on the broker.
      details: { broker: this.broker.profile.name, agent: 'mqboard', mode: 'open' },
    });
    this.#changed.fire(undefined);
  }
}
