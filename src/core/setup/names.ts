import * as l10n from '@vscode/l10n';
import { UsageError } from '../errors';
import { expandHostlist } from '../many';

/** A board's name and its number in the range, from 1. */
export interface BoardName {
  readonly name: string;
  readonly n: number;
}

/** Longer runs of numbers are a mistake. */
const MOST_NUMBERS = 100_000;

/** Gives each board the next free name of a range. An assigned name stays reserved, also if the set-up fails. */
export class NameRange {
  readonly #taken: Set<string>;
  #all: readonly string[] | undefined;

  /** @param pattern `sensor-[001-200]`, or a text with `{n}`, or one name */
  constructor(
    private readonly pattern: string,
    taken: Iterable<string>,
  ) {
    this.#taken = new Set(taken);
  }

  /** Takes the next free name. @throws UsageError when the range is used up */
  next(): BoardName {
    for (const [i, name] of this.#names().entries()) {
      if (this.#taken.has(name)) continue;
      this.#taken.add(name);
      return { name, n: i + 1 };
    }
    throw new UsageError(l10n.t('All names of "{0}" are in use', this.pattern), {
      hint: l10n.t('Extend the range in the template, or remove boards that are gone.'),
    });
  }

  #names(): readonly string[] {
    this.#all ??= /\{n(:\d)?\}/.test(this.pattern) ? this.#numbered() : this.#listed();
    return this.#all;
  }

  #listed(): string[] {
    return this.pattern.includes('[') ? expandHostlist(this.pattern) : [this.pattern];
  }

  #numbered(): string[] {
    // Trying more numbers than there are reserved names always finds a free one.
    const count = Math.min(this.#taken.size + 1000, MOST_NUMBERS);
    return Array.from({ length: count }, (_, i) =>
      this.pattern.replace(/\{n(?::(\d))?\}/g, (_place, width: string | undefined) =>
        String(i + 1).padStart(Number(width ?? 1), '0'),
      ),
    );
  }
}
