import { fullPlace } from '../../core/address';
import type { Fleet, Found } from '../../core/board';
import { type Disposable, DisposableStore } from '../../core/events';
import type { LinePlaces } from '../../core/setup';

/**
 * The serial ports of the tree as places of a production line: those at which a board is plugged in
 * from now on.
 */
export class FleetPorts implements LinePlaces, Disposable {
  /** Ports whose board is being set up or is finished, or was plugged in before the line began, with its unique id if known. */
  readonly #used: Map<string, string | undefined>;
  /** Ports whose board was plugged in before. */
  readonly leftAlone: readonly string[];
  readonly #lifetime = new DisposableStore();

  constructor(private readonly fleet: Fleet) {
    const present = this.#present();
    this.#used = new Map(present.map((found) => [found.address.text, this.#uidAt(found)]));
    this.leftAlone = present.map(({ address }) => fullPlace(address));
    // The next board may be at the port before the line looks again.
    this.#lifetime.add(fleet.onDidChangeList(() => this.#free()));
    this.#lifetime.add(fleet.onDidChangeBoard(() => this.#free()));
  }

  arrived(): Promise<readonly string[]> {
    const present = this.#free();
    return Promise.resolve(present.filter((place) => !this.#used.has(place)));
  }

  /** Frees the ports whose board was unplugged, or has made room for another one. @returns all ports that are present */
  #free(): readonly string[] {
    const present = new Map(this.#present().map((found) => [found.address.text, found]));
    for (const [place, uid] of this.#used) {
      const found = present.get(place);
      const now = this.#uidAt(found);
      if (!found || (uid !== undefined && now !== undefined && now !== uid))
        this.#used.delete(place);
    }
    return [...present.keys()];
  }

  #uidAt(found: Found | undefined): string | undefined {
    return found && this.fleet.byAddress(found.address)?.uid;
  }

  dispose(): void {
    this.#lifetime.dispose();
  }

  take(place: string): void {
    this.#used.set(place, this.#uidAt(this.at(place)));
  }

  at(place: string): Found | undefined {
    return this.#present().find(({ address }) => address.text === place);
  }

  #present(): Found[] {
    return serialPorts(this.fleet).filter(({ likely }) => likely);
  }
}

/** Returns the serial ports that are plugged in now. */
export function serialPorts(fleet: Fleet): Found[] {
  return fleet.boards.flatMap((board) =>
    board.links
      .filter((link) => link.present && link.found.address.kind === 'serial')
      .map((link) => link.found),
  );
}
