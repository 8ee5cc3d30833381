import * as l10n from '@vscode/l10n';
import type { TransferOptions, WriteItem } from '../boardFiles';
import type { Capabilities } from '../capabilities';
import { FileError, ProtocolError } from '../errors';
import { sha256 } from '../hash';
import { withContent } from './content';
import { hexSum } from './listing';
import { eachPortion, outOfMemory, portions } from './portions';

/** Below this many bytes, sending a single file is cheaper than asking for its hash. */
const WORTH_BYTES = 2048;
/** The line of sameVerb.py for a path without a readable file. */
const MISSING = '?';

/** Paths on the board, and the sizes in bytes of the files that are to be there. */
export type SizedPaths = readonly (readonly [path: string, size: number])[];

/** A file whose content is loaded. */
type Loaded = WriteItem & { readonly content: Uint8Array };

/** The means by which files are compared and written, in one session. */
export interface SameOptions extends Pick<TransferOptions, 'onSame'> {
  /** Returns the capabilities of the board, which may have to be asked. */
  readonly can: () => Promise<Capabilities>;
  /** Runs sameVerb.py and returns its lines. */
  readonly ask: (files: SizedPaths) => Promise<readonly string[]>;
  readonly write: (items: readonly WriteItem[]) => Promise<void>;
}

/**
 * Writes the items that differ from the files on the board. New files cost one short question: if the largest file is not on the
 * board, the others are not compared. A small file is sent at once, and compared only if the board has no space for it.
 * @throws what `ask` and `write` throw
 */
export async function writeChanged(
  items: readonly WriteItem[],
  options: SameOptions,
): Promise<void> {
  const all: Loaded[] = [];
  for (const item of items) all.push(await withContent(item));
  const largest = all.reduce<Loaded | undefined>(
    (most, item) => (most && most.content.length >= item.content.length ? most : item),
    undefined,
  );
  if (!largest) return;
  const isSmall = all.length === 1 && largest.content.length < WORTH_BYTES;
  const [first] = isSmall ? [MISSING] : await answers([largest], options);
  if (first !== MISSING) {
    const others = all.filter((item) => item !== largest);
    const lines = [first ?? '', ...(await answers(others, options))];
    return writeRest(all, equal([largest, ...others], lines), options);
  }
  try {
    await options.write(all);
  } catch (error) {
    if (!(error instanceof FileError && error.errno === 'ENOSPC')) throw error;
    // The files before the failed one are complete. The others may be on the board already.
    const from = Math.max(
      0,
      all.findIndex(({ path }) => path === error.path),
    );
    const rest = all.slice(from);
    const same = equal(rest, await answers(rest, options));
    if (same.size === 0) throw error;
    await writeRest(rest, same, options);
  }
}

/** Returns one line per file. A board that cannot compare files gets them all. */
async function answers(files: readonly Loaded[], options: SameOptions): Promise<string[]> {
  if (files.length === 0) return [];
  const can = await options.can();
  if (!can.sha256 || !can.binascii || !can.stat) return files.map(() => MISSING);
  const all: string[] = [];
  const cost = ({ path }: Loaded) => path.length + 8;
  try {
    await eachPortion(
      portions(files, cost, can.heap),
      (some) => options.ask(some.map(({ path, content }) => [path, content.length] as const)),
      (lines) => void all.push(...lines),
    );
  } catch (error) {
    if (outOfMemory(error)) return files.map(() => MISSING);
    throw error;
  }
  if (all.length !== files.length) {
    throw new ProtocolError(l10n.t('the board hashed other files than requested'));
  }
  return all;
}

function equal(files: readonly Loaded[], lines: readonly string[]): Set<Loaded> {
  const isEqual = ({ content }: Loaded, i: number) => hexSum(lines[i] ?? '') === sha256(content);
  return new Set(files.filter(isEqual));
}

/** Reports the files that are on the board already, and writes the rest. */
async function writeRest(
  items: readonly Loaded[],
  same: ReadonlySet<Loaded>,
  { onSame, write }: SameOptions,
): Promise<void> {
  for (const { path } of same) onSame?.(path);
  const changed = items.filter((item) => !same.has(item));
  if (changed.length > 0) await write(changed);
}
