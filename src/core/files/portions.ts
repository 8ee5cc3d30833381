import { FileError, PythonError } from '../errors';

/**
 * Splits a list that travels inside code into lists that fit into a small heap: the board holds
 * each item three times, as source, as a literal and as an object.
 * @param heap free bytes; 0: unknown
 */
export function portions<T>(items: readonly T[], length: (item: T) => number, heap: number): T[][] {
  const most = Math.max(PORTION.least, Math.min(PORTION.most, Math.floor(heap / PORTION.share)));
  const all: T[][] = [];
  let used = 0;
  for (const item of items) {
    const own = length(item) + PORTION.overhead;
    const last = all.at(-1);
    used += own;
    if (last && used <= most) last.push(item);
    else {
      all.push([item]);
      used = own;
    }
  }
  return all;
}

/**
 * Code characters per portion of a list: minimum, maximum, divisor of the heap, and overhead per
 * item.
 */
const PORTION = { least: 512, most: 8192, share: 24, overhead: 4 };

/**
 * Asks the board about each portion in turn and passes its answers on. Free heap may be fragmented,
 * so a portion that should fit is sometimes too large; then both halves are requested separately.
 * @throws what `ask` and `take` throw, including the lack of memory for a single item
 */
export async function eachPortion<T, R>(
  all: readonly (readonly T[])[],
  ask: (portion: readonly T[]) => Promise<R>,
  take: (answer: R, portion: readonly T[]) => Promise<void> | void,
): Promise<void> {
  for (const portion of all) {
    let answer;
    try {
      answer = await ask(portion);
    } catch (error) {
      if (!outOfMemory(error) || portion.length < 2) throw error;
      const half = Math.ceil(portion.length / 2);
      await eachPortion([portion.slice(0, half), portion.slice(half)], ask, take);
      continue;
    }
    await take(answer, portion);
  }
}

/** Returns whether the board ran out of heap. */
export function outOfMemory(error: unknown): boolean {
  return (
    (error instanceof PythonError && error.type === 'MemoryError') ||
    (error instanceof FileError && error.errno === 'ENOMEM')
  );
}
