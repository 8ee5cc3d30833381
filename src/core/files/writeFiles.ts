import { throwIfAborted } from '../async';
import type { TransferOptions, WriteItem } from '../boardFiles';
import { FileError, PythonError } from '../errors';
import type { Session } from '../transport';
import { presumedCapabilities, type Capabilities } from './capabilities';
import { windowBitsFor } from './content';
import { storeError } from './fileErrors';
import { checkWritable } from './paths';
import { writeBare } from './writeBare';
import { writePieces, writeSmall } from './writePieces';
import { damagedLine, isDamage, isSame, program, wireForm } from './snippets';
import { SAFE_AHEAD, UploadStream } from './upload';
import { verbs } from './verbs';

/** The receiver ends when it hears nothing for so long: a host that is gone must not keep the board from its prompt. */
const IDLE_MS = 3000;
/** A frame whose rest does not come for so long is damaged. */
const STALL_MS = 400;
/** A frame that fits into every receive ring: for lines that lose bytes even while the board reads them. */
const SMALLEST = 128;
/** Runs of the receiver in a row that got nowhere. */
const ATTEMPTS = 4;

/** Writes files by the fastest way that board and link can go. @throws FileError naming the file that failed */
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
 * Writes one small file to a board that has not been asked yet what it can do, as most can: one round trip less. False when
 * it is not small, or the board cannot. @throws FileError
 */
export async function writeUnasked(
  session: Session,
  items: readonly WriteItem[],
  options: TransferOptions,
): Promise<boolean> {
  for (const item of items) checkWritable(item.path);
  const can = presumedCapabilities(session);
  try {
    return await fits(can, 'store', () => writeSmall(session, items, can, options));
  } catch (error) {
    throwIfAborted(options.signal);
    if (error instanceof PythonError) return false;
    throw error;
  }
}

/** `item` with its content, when that is given only on demand. */
export async function withContent(item: WriteItem): Promise<WriteItem & { content: Uint8Array }> {
  const { content } = item;
  return { ...item, content: typeof content === 'function' ? await content() : content };
}

/** Whether `way` did it; false, now and for good, once the board has run out of memory over it. */
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

function outOfMemory(error: unknown): boolean {
  return (
    (error instanceof PythonError && error.type === 'MemoryError') ||
    (error instanceof FileError && error.errno === 'ENOMEM')
  );
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

/** Bytes of content that are on the board, of all; what has to be sent anew counts again. */
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
    const total = Math.max(this.#total, this.#done); // content that is given late is not known beforehand
    this.options.onProgress?.(this.#done, total, this.items[file]?.path ?? '');
  }

  restart(first: number): void {
    for (let file = first; file < this.#byFile.length; file++) {
      this.#done -= this.#byFile[file] ?? 0;
      this.#byFile[file] = 0;
    }
  }
}
