import { throwIfAborted } from '../async';
import type { TransferOptions, WriteItem } from '../boardFiles';
import { FileError } from '../errors';
import type { Session } from '../transport';
import type { Capabilities } from './capabilities';
import { windowBitsFor } from './content';
import { fileError, noSpace } from './fileErrors';
import { checkWritable } from './paths';
import { damagedLine, isSame, program, wireForm } from './snippets';
import { mayTryAgain, SAFE_AHEAD, UploadStream } from './upload';
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
  await streamFiles(session, items, can, options);
}

async function streamFiles(
  session: Session,
  items: readonly WriteItem[],
  can: Capabilities,
  options: TransferOptions,
): Promise<void> {
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
      code: wireForm(program(verbs(can).receive, [limit, IDLE_MS, STALL_MS]), can),
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
      if (committed === items.length) return;
      if (process.env.DBG) console.error('lines', lines, committed);
      const failure = lines && reported(lines, items, before);
      if (failure?.errno === 'ENOMEM' && windowBits > 0) windowBits = Math.max(0, windowBits - 3);
      else if (failure) throw failure;
      cause = failure;
    } catch (error) {
      if (!mayTryAgain(error) || isSame(error, previous)) throw error;
      cause = error;
      limit = Math.max(SMALLEST, limit / 4);
    }
    if (committed === items.length) return;
    failures = committed > before ? 0 : failures + 1;
    if (failures >= ATTEMPTS) throw damagedLine(cause);
    progress.restart(committed);
  }
}

/** The error in the receiver's last lines: `! <files opened, from 0> <errno> <figures>`. A silent line is none. */
function reported(
  lines: readonly string[],
  items: readonly WriteItem[],
  first: number,
): FileError | undefined {
  for (const line of lines) {
    const [, index, errno, needed, free] = /^! (-?\d+) (\S+)(?: (\S+) (\S+))?/.exec(line) ?? [];
    if (index === undefined || errno === undefined) continue;
    const path = items[first + Math.max(0, Number(index))]?.path ?? '';
    if (errno === 'ETIMEDOUT' || errno === '110') return undefined;
    if (needed !== undefined && free !== undefined && /^\d+$/.test(needed + free)) {
      return noSpace(path, Number(needed), Number(free));
    }
    return fileError(errno, path);
  }
  return undefined;
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
