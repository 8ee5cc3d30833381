import { sortByName } from './grouping';

/** The parts of a name around the number. */
export interface Nameable {
  readonly name: string;
  readonly platform: string | undefined;
}

const NUMBER = /\{n(?::(\d))?\}/g;

/**
 * Generates names from a pattern: `{n}` is the number from 1, `{n:2}` has two digits, `{platform}`
 * and `{name}` come from the board. For several boards, a pattern without a number gets `-{n}`. The
 * caller must reject names that are still shared: see {@link sharedName}.
 */
export function patternNames(pattern: string, boards: readonly Nameable[]): string[] {
  const trimmed = pattern.trim();
  const numbered = new RegExp(NUMBER).test(trimmed);
  const full =
    boards.length > 1 && !numbered && !trimmed.includes('{name}') ? `${trimmed}-{n}` : trimmed;
  return boards.map(({ name, platform }, i) =>
    full
      .replace(NUMBER, (_, width?: string) => String(i + 1).padStart(Number(width ?? 1), '0'))
      .replaceAll('{platform}', platform ?? 'board')
      .replaceAll('{name}', name)
      .trim(),
  );
}

/**
 * Sorts boards for numbering: by their automatic names (`rp2-1`) if all of them still have those;
 * otherwise the given order stays.
 */
export function numberingOrder<T extends Nameable>(boards: readonly T[]): readonly T[] {
  const isGiven = ({ name, platform = 'board' }: T) =>
    name.startsWith(`${platform}-`) && /^\d+$/.test(name.slice(platform.length + 1));
  return boards.every(isGiven) ? sortByName(boards) : boards;
}

/** Returns the first name that occurs a second time, or that is already in `others`. */
export function sharedName(
  names: readonly string[],
  others: readonly string[] = [],
): string | undefined {
  const taken = new Set(others);
  for (const name of names) {
    if (taken.has(name)) return name;
    taken.add(name);
  }
  return undefined;
}

/** Formats `kit-01, kit-02 … kit-08`. */
export function namesPreview(names: readonly string[]): string {
  const [first, second, ...rest] = names;
  const last = rest.at(-1);
  if (rest.length > 1 && last !== undefined) return `${first}, ${second} … ${last}`;
  return names.join(', ');
}
