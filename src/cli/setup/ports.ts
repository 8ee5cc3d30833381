import { access } from 'node:fs/promises';
import { fullPlace } from '../../core/address';
import { UsageError } from '../../core/errors';
import { expandHostlist } from '../../core/many';
import type { Cli } from '../cli';
import type { Links } from '../board';

/**
 * The ports of a production line: those of `-b`, else every port at which a board is plugged in
 * from now on.
 */
export class LinePorts {
  /** Ports whose board is being set up or is finished, or was plugged in before the line began. */
  readonly #used = new Set<string>();

  private constructor(
    private readonly links: Links,
    private readonly named: readonly string[] | undefined,
  ) {}

  /**
   * Creates the ports of a line: those of `--board`, or all that appear from now on.
   * @throws UsageError for names that are not ports
   */
  static async open(cli: Cli, links: Links): Promise<LinePorts> {
    const given = cli.options.board?.join(',');
    const named = given === undefined ? undefined : expandHostlist(given).map(portOf);
    const ports = new LinePorts(links, named);
    if (!named) for (const path of await ports.#present()) ports.#used.add(path);
    return ports;
  }

  /** Ports that are ignored. */
  get leftAlone(): readonly string[] {
    return this.named ? [] : [...this.#used];
  }

  /**
   * Returns ports at which a board was plugged in since the last call. Each counts once until it is
   * unplugged.
   */
  async arrived(): Promise<readonly string[]> {
    const present = await this.#present();
    for (const path of this.#used) if (!present.includes(path)) this.#used.delete(path);
    return present.filter((path) => !this.#used.has(path));
  }

  take(path: string): void {
    this.#used.add(path);
  }

  async #present(): Promise<string[]> {
    const found = (await this.links.discover())
      .filter((f) => this.named !== undefined || f.likely)
      .map((f) => fullPlace(f.address));
    if (!this.named) return found;
    const there = this.named.map(async (path) =>
      found.includes(path) || (path.startsWith('/') && (await exists(path))) ? [path] : [],
    );
    return (await Promise.all(there)).flat();
  }
}

function portOf(name: string): string {
  const path = name.replace(/^serial:/, '');
  if (/^(\/|COM\d+$)/i.test(path)) return path;
  throw new UsageError(`"${name}" is not a port: provision works over cables`, {
    hint: "Write -b '/dev/ttyUSB[0-7]' or -b COM3,COM4.",
  });
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false; // unplugged, so the port no longer exists
  }
}
