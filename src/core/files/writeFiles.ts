import { throwIfAborted } from '../async';
import type { TransferOptions, WriteItem } from '../boardFiles';
import { NoRawPasteError, PythonError } from '../errors';
import type { Session } from '../transport';
import { presumedCapabilities } from './probeCapabilities';
import type { Capabilities } from '../capabilities';
import { windowBitsFor, withContent } from './content';
import { storeError } from './fileErrors';
import { boardPath, checkWritable } from './paths';
import { outOfMemory } from './portions';
import { writeBare } from './writeBare';
import { writePieces, writeSmall } from './writePieces';
import { damagedLine, isDamage, isSame, program, wireForm } from './snippets';
import { SAFE_AHEAD, UploadStream } from './upload';
import type { VerbRunner } from './verbRunner';
import { verbs } from './verbs';

/**
 * Milliseconds of silence after which the receiver ends: a lost host must not keep the board from
 * its prompt.
 */
const IDLE_MS = 3000;
/** Milliseconds after which an incomplete frame counts as damaged. */
const STALL_MS = 400;
/**
 * Frame length in bytes that fits every receive ring: for lines that lose bytes even while the
 * board reads.
 */
const SMALLEST = 128;
/** Consecutive runs of the receiver without progress before giving up. */
const ATTEMPTS = 4;

/**
 * Writes files to a board of which little may be known.
 * @param verbs runs verbs on the board
 * @throws FileError naming the file that failed
 */
export async function writeBy(
  verbs: VerbRunner,
  session: Session,
  items: readonly WriteItem[],
  options: TransferOptions,
): Promise<void> {
  const checked = items.map((item) => ({ ...item, path: boardPath(item.path) }));
  const [only] = checked;
  if (only && checked.length === 1) checked[0] = await withContent(only);
  const { capabilities, isOlder } = verbs.facts();
  if (!capabilities && !isOlder && (await writeUnasked(session, checked, options))) return;
  await writeFiles(session, checked, await verbs.probe(session, options.signal), options);
}

/**
 * Writes files by the fastest method that board and link support.
 * @throws FileError naming the file that failed
 */
export async function writeFiles(
  session: Session,
  items: readonly WriteItem[],
  can: Capabilities,
  options: TransferOptions,
): Promise<void> {
  for (const item of items) checkWritable(item.path);
  if (items.length === 0) return;
  const stores = can.binascii && can.sha256 && can.rename;
  if (stores && (await fits(can, 'store', () => writeSmall(session, items, can, options)))) return;
  if (stores && can.stdin) {
    const streamed = await fits(can, 'stream', () => streamFiles(session, items, can, options));
    if (streamed) return;
  }
  for (const item of items) {
    const { content } = await withContent(item);
    const stored =
      stores &&
      (await fits(can, 'store', () => writePieces(session, item.path, content, can, options)));
    if (!stored) await writeBare(session, item.path, content, can, options);
  }
}

/**
 * Writes one small file to a board that has not been probed, assuming common capabilities: saves
 * one round trip. Returns false if the file is not small or the board cannot do it.
 * @throws FileError
 */
async function writeUnasked(
  session: Session,
  items: readonly WriteItem[],
  options: TransferOptions,
): Promise<boolean> {
  for (const item of items) checkWritable(item.path);
  const can = presumedCapabilities(session);
  const toNewer: Session = {
    native: session.native,
    exec: (code, execOptions) => session.exec(code, { ...execOptions, pasteOnly: true }),
  };
  try {
    return await fits(can, 'store', () => writeSmall(toNewer, items, can, options));
  } catch (error) {
    throwIfAborted(options.signal);
    if (error instanceof PythonError || error instanceof NoRawPasteError) return false;
    throw error;
  }
}

/**
 * Runs `way` and returns whether it worked. If the board runs out of memory, returns false and
 * disables it permanently.
 */
async function fits(
  can: Capabilities,
  way: 'stream' | 'store',
  work: () => Promise<boolean>,
): Promise<boolean> {
  if (can.tooLarge.has(way)) return false;
  try {
    return await work();
  } catch (error) {
    if (!outOfMemory(error)) throw error;
    can.tooLarge.add(way);
    return false;
  }
}

async function streamFiles(
  session: Session,
  items: readonly WriteItem[],
  can: Capabilities,
  options: TransferOptions,
): Promise<true> {
  let limit = can.heap >= 64_000 ? 2048 : can.heap >= 32_000 ? 1024 : 512;
  let windowBits = can.deflate ? windowBitsFor(can.heap) : 0;
  let committed = 0;
  let failures = 0;
  let cause: unknown;
  const progress = new Progress(items, options);
  for (;;) {
    throwIfAborted(options.signal);
    const before = committed;
    const plan = {
      limit,
      windowBits,
      ahead: limit > SMALLEST ? SAFE_AHEAD : 0,
      first: committed,
      code: wireForm(program(verbs(can).receive, [limit, IDLE_MS, STALL_MS]), can, failures > 0),
    };
    const events = {
      onCommitted: (count: number) => {
        committed = count;
      },
      onContent: (bytes: number, file: number) => progress.add(bytes, file),
    };
    const previous = cause;
    try {
      const lines = await new UploadStream(items, plan, events, options).run(session);
      if (committed === items.length) return true;
      const failure = lines && storeError(lines, (index) => items[before + index]?.path ?? '');
      if (failure?.errno === 'ENOMEM' && windowBits > 0)
        windowBits = windowBits < 12 ? 0 : windowBits - 3;
      else if (failure) throw failure;
      cause = failure;
    } catch (error) {
      if (!isDamage(error) || isSame(error, previous)) throw error;
      cause = error;
      limit = Math.max(SMALLEST, limit / 4);
    }
    if (committed === items.length) return true;
    failures = committed > before ? 0 : failures + 1;
    if (failures >= ATTEMPTS) throw damagedLine(cause);
    progress.restart(committed);
  }
}

/** Content bytes on the board, out of all; resent bytes count again. */
class Progress {
  #done = 0;
  readonly #byFile: number[];
  readonly #total: number;

  constructor(
    private readonly items: readonly WriteItem[],
    private readonly options: TransferOptions,
  ) {
    this.#byFile = items.map(() => 0);
    this.#total = items.reduce(
      (sum, { content }) => sum + (typeof content === 'function' ? 0 : content.length),
      0,
    );
  }

  add(bytes: number, file: number): void {
    this.#done += bytes;
    this.#byFile[file] = (this.#byFile[file] ?? 0) + bytes;
    const total = Math.max(this.#total, this.#done); // the length of lazily supplied content is not known beforehand
    this.options.onProgress?.(this.#done, total, this.items[file]?.path ?? '');
  }

  restart(first: number): void {
    for (let file = first; file < this.#byFile.length; file++) {
      this.#done -= this.#byFile[file] ?? 0;
      this.#byFile[file] = 0;
    }
  }
}
