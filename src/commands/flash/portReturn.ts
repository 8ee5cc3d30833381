import type { Fleet, Found } from '../../core/board';
import { Deferred, systemClock, within } from '../../core/async';
import { serialPorts } from './ports';
import { DisposableStore, type Disposable } from '../../core/events';

/** Milliseconds for a board to leave its loader and become a serial port again. */
const BACK_MS = 30_000;

/**
 * Detects the port of a board that returns from its loader. It may return on another port, so every
 * port counts that is new or was gone in between. Create it before the loader starts.
 */
export class PortReturn implements Disposable {
  readonly #lifetime = new DisposableStore();
  readonly #still: Set<string>;
  readonly #back = new Deferred<Found>();

  constructor(private readonly fleet: Fleet) {
    this.#still = new Set(serialPorts(fleet).map((found) => found.address.text));
    this.#lifetime.add(fleet.onDidChangeList(() => this.#look()));
    this.#lifetime.add(fleet.onDidChangeBoard(() => this.#look()));
  }

  /** Waits for the port. @returns undefined if none appears in time @throws CancelledError */
  async port(signal: AbortSignal, limitMs = BACK_MS): Promise<Found | undefined> {
    return within(systemClock, limitMs, this.#back.promise, undefined, signal);
  }

  dispose(): void {
    this.#lifetime.dispose();
  }

  #look(): void {
    const ports = serialPorts(this.fleet);
    const present = new Set(ports.map((found) => found.address.text));
    for (const address of this.#still) if (!present.has(address)) this.#still.delete(address);
    const back = ports.find((found) => found.likely && !this.#still.has(found.address.text));
    if (back) this.#back.resolve(back);
  }
}
