import { throwIfAborted } from '../async';
import type { TransferOptions } from '../boardFiles';
import { ProtocolError } from '../errors';
import type { Session } from '../transport';
import type { Capabilities } from './capabilities';
import { sha256 } from './content';
import { fileError, linesOrError } from './fileErrors';
import { SenderOutput, numbers } from './senderBlocks';
import { damagedLine, isDamage, program, wireForm } from './snippets';
import { verbs } from './verbs';

/** A sender is silent while it hashes the file once more; otherwise it has stopped. */
const SILENCE_MS = 8000;
/** Each asks only for what is still missing. */
const ATTEMPTS = 8;
/** What a block's offset can count to. */
const MOST_BYTES = 2 ** 28;

/**
 * Reads files through the binary sender, all in one stream. Blocks that come damaged are asked for again; the SHA-256 that
 * the board computes of each file has the last word. Gives their contents in the order of `paths`; a FileError takes the
 * place of one that cannot be read.
 * @throws ProtocolError when the line damages every attempt; what {@link Session.exec} throws
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

/** One file, as much of it as has come. */
class Incoming {
  /** Bytes of it that are here. */
  received = 0;
  /** Its content, verified; or why the board cannot give it. */
  result: Uint8Array | Error | undefined;
  #size: number | undefined;
  #blocks = new Map<number, Uint8Array>();

  constructor(readonly path: string) {}

  get size(): number | undefined {
    return this.#size;
  }

  /** Blocks of a file of another size are another file's, or it has been changed meanwhile. */
  set size(size: number | undefined) {
    if (size === this.#size) return;
    this.#size = size;
    this.#blocks = new Map();
    this.received = 0;
  }

  /** @returns whether the block is news */
  keep(offset: number, body: Uint8Array): boolean {
    if (this.#blocks.has(offset)) return false;
    this.#blocks.set(offset, body);
    this.received += body.length;
    return true;
  }

  /** What is missing, as (from, to); nothing before the first answer, which asks for the whole file. */
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
    return missing.length > 0 ? missing : [[size, size]]; // only the sum is missing
  }

  /**
   * The board's last word on the file: its SHA-256 in base64, or minus an errno. A wrong hash (the file was changed meanwhile,
   * or a size came damaged) starts over.
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
    if (Buffer.from(sha256(content)).toString('base64') === word) this.result = content;
    else this.size = undefined;
  }
}

/** One run of the sender: brings what it prints to the files that were asked for. */
class Run {
  readonly output: SenderOutput;
  /** Where each file begins, counted through all of them. */
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

  /** @throws FileError when the sender itself failed */
  end(): void {
    const lines = this.output.end();
    if (!lines) return;
    const first = this.files[0]?.path ?? '/';
    for (const line of linesOrError(lines, first)) {
      const sizes = numbers('size', line);
      if (sizes && !this.#begin(sizes)) {
        throw new ProtocolError(
          'The board names other files than asked, or sizes that no board has',
        );
      }
      if (!line.startsWith('sum ')) continue;
      const words = line.split(' ').slice(1);
      for (const [i, file] of this.files.entries()) file.conclude(words[i] ?? '');
    }
  }

  /** False: sizes that cannot be, which is what a damaged line says. */
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
    // Empty files and those that cannot be read begin where the next one does.
    const file = this.files[i];
    const at = offset - (this.#starts[i] ?? 0);
    if (!file?.size || at + body.length > file.size) return;
    if (file.keep(at, body)) this.onNews(file.path);
  }
}
