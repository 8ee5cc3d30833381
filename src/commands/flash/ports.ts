import { fullPlace } from '../../core/address';
import type { Fleet, Found } from '../../core/board';
import type { LinePlaces } from '../../core/setup';

/**
 * The serial ports of the tree as places of a production line: those at which a board is plugged in
 * from now on.
 */
export class FleetPorts implements LinePlaces {
  /** Ports whose board is in work or finished, or was plugged in before the line began. */
  readonly #used: Set<string>;
  /** Ports whose board was plugged in before. */
  readonly leftAlone: readonly string[];

  constructor(private readonly fleet: Fleet) {
    const present = this.#present();
    this.#used = new Set(present.map(({ address }) => address.text));
    this.leftAlone = present.map(({ address }) => fullPlace(address));
  }

  arrived(): Promise<readonly string[]> {
    const present = this.#present().map(({ address }) => address.text);
    for (const place of this.#used) if (!present.includes(place)) this.#used.delete(place);
    return Promise.resolve(present.filter((place) => !this.#used.has(place)));
  }

  take(place: string): void {
    this.#used.add(place);
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
