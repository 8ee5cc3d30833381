import * as l10n from '@vscode/l10n';
import { throwIfAborted } from '../async';
import type { TransferOptions } from '../boardFiles';
import { ProtocolError } from '../errors';
import type { Session } from '../transport';
import type { Capabilities } from '../capabilities';
import { sha256Bytes } from '../hash';
import { fileError, linesOrError } from './fileErrors';
import { SenderOutput, numbers } from './senderBlocks';
import { damagedLine, isDamage, program, sendsPlainly, wireForm } from './snippets';
import { verbs } from './verbs';

/**
 * Milliseconds of silence after which the sender counts as stopped. It is silent only while it
 * hashes the file again.
 */
const SILENCE_MS = 8000;
/** Maximum number of attempts. Each requests only what is still missing. */
const ATTEMPTS = 8;
/** The range of a block's offset, in bytes. */
const MOST_BYTES = 2 ** 28;

/**
 * Reads files through the binary sender, all in one stream. Damaged blocks are requested again, and
 * each file is verified against the SHA-256 that the board computes. Returns the contents in the
 * order of `paths`, with a FileError for each file that cannot be read.
 * @throws ProtocolError if the line damages every attempt; whatever {@link Session.exec} throws
 */
export async function download(
  session: Session,
  paths: readonly string[],
  can: Capabilities,
  options: Pick<TransferOptions, 'signal'> & {
    onProgress?: (done: number, total: number, path: string) => void;
  },
): Promise<(Uint8Array | Error)[]> {
  const files = paths.map((path) => new Incoming(path));
  const block = can.heap >= 48_000 ? 2048 : 512;
  let cause: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    throwIfAborted(options.signal);
    const wanted = files.filter((file) => file.result === undefined);
    const run = new Run(wanted, (path) => options.onProgress?.(...amounts(files), path));
    const asked = wanted.map((file) => [file.path, file.gaps()] as const);
    try {
      await session.exec(wireForm(program(verbs(can).send, [asked, block]), can, attempt > 0), {
        signal: options.signal,
        idleTimeoutMs: SILENCE_MS,
        onStdout: (chunk) => run.output.feed(chunk),
      });
    } catch (error) {
      if (sendsPlainly(error, can)) continue;
      if (!isDamage(error)) throw error;
      cause = error;
    }
    run.end();
    const results = files.map((file) => file.result);
    if (results.every((result) => result !== undefined)) return results;
  }
  throw damagedLine(cause);
}

function amounts(files: readonly Incoming[]): [done: number, total: number] {
  let done = 0;
  let total = 0;
  for (const file of files) {
    done += file.received;
    total += file.size ?? 0;
  }
  return [done, total];
}

/** One file and the parts of it that have arrived. */
class Incoming {
  /** Number of bytes received. */
  received = 0;
  /** The verified content, or the reason why the board cannot supply it. */
  result: Uint8Array | Error | undefined;
  #size: number | undefined;
  #blocks = new Map<number, Uint8Array>();

  constructor(readonly path: string) {}

  get size(): number | undefined {
    return this.#size;
  }

  /** If the size differs, earlier blocks belong to another version of the file: discard them. */
  set size(size: number | undefined) {
    if (size === this.#size) return;
    this.#size = size;
    this.#blocks = new Map();
    this.received = 0;
  }

  /** Keeps a block. @returns whether the block was new */
  keep(offset: number, body: Uint8Array): boolean {
    if (this.#blocks.has(offset)) return false;
    this.#blocks.set(offset, body);
    this.received += body.length;
    return true;
  }

  /**
   * Returns the missing ranges as (from, to). Empty before the first answer, which requests the
   * whole file.
   */
  gaps(): [number, number][] {
    const { size } = this;
    if (size === undefined || this.#blocks.size === 0) return [];
    const missing: [number, number][] = [];
    let at = 0;
    for (const [offset, body] of [...this.#blocks].sort(([a], [b]) => a - b)) {
      if (offset > at) missing.push([at, offset]);
      at = Math.max(at, offset + body.length);
    }
    if (at < size) missing.push([at, size]);
    return missing.length > 0 ? missing : [[size, size]]; // only the hash is missing
  }

  /**
   * Takes the board's final line about the file: its SHA-256 in base64, or a negative errno. After
   * a wrong hash (the file changed in between, or a size was damaged) the file is read again.
   */
  conclude(word: string): void {
    if (/^-\d+$/.test(word)) {
      this.result = fileError(word.slice(1), this.path);
      return;
    }
    const { size } = this;
    if (size === undefined || (size > 0 && this.gaps()[0]?.[0] !== size)) return;
    const content = new Uint8Array(size);
    for (const [offset, body] of this.#blocks) content.set(body.subarray(0, size - offset), offset);
    if (Buffer.from(sha256Bytes(content)).toString('base64') === word) this.result = content;
    else this.size = undefined;
  }
}

/** One run of the sender: assigns its output to the requested files. */
class Run {
  readonly output: SenderOutput;
  /** Offset of each file in the whole stream. */
  #starts: number[] = [];

  constructor(
    private readonly files: readonly Incoming[],
    private readonly onNews: (path: string) => void,
  ) {
    this.output = new SenderOutput(
      (sizes) => void this.#begin(sizes),
      (offset, body) => this.#keep(offset, body),
    );
  }

  /**
   * Ends the download and checks the sender's last lines.
   * @throws FileError if the sender itself failed
   */
  end(): void {
    const lines = this.output.end();
    if (!lines) return;
    const first = this.files[0]?.path ?? '/';
    for (const line of linesOrError(lines, first)) {
      const sizes = numbers('size', line);
      if (sizes && !this.#begin(sizes)) {
        throw new ProtocolError(
          l10n.t('The board reported other files than requested, or impossible sizes'),
        );
      }
      if (!line.startsWith('sum ')) continue;
      const words = line.split(' ').slice(1);
      for (const [i, file] of this.files.entries()) file.conclude(words[i] ?? '');
    }
  }

  /** Returns false for impossible sizes, which come from a damaged line. */
  #begin(sizes: readonly number[]): boolean {
    const total = sizes.reduce((sum, size) => sum + Math.max(0, size), 0);
    if (sizes.length !== this.files.length || total > MOST_BYTES) return false;
    let at = 0;
    this.#starts = sizes.map((size) => {
      const start = at;
      at += Math.max(0, size);
      return start;
    });
    for (const [i, file] of this.files.entries()) {
      const size = sizes[i] ?? -1;
      file.size = size < 0 ? undefined : size;
    }
    return true;
  }

  #keep(offset: number, body: Uint8Array): void {
    const i = this.#starts.findLastIndex((start) => start <= offset);
    // Empty and unreadable files start at the same offset as the next one.
    const file = this.files[i];
    const at = offset - (this.#starts[i] ?? 0);
    if (!file?.size || at + body.length > file.size) return;
    if (file.keep(at, body)) this.onNews(file.path);
  }
}
