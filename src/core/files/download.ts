import { throwIfAborted } from '../async';
import type { TransferOptions } from '../boardFiles';
import { concat } from '../bytes';
import type { Session } from '../transport';
import { crc32 } from './crc';
import { sha256 } from './content';
import type { Capabilities } from './capabilities';
import { linesOrError } from './fileErrors';
import { Answer, damagedLine, isDamage, program, wireForm } from './snippets';
import { verbs } from './verbs';

const MARK = 0x7e;
const HEAD = 12; // mark, offset, length, CRC: see sender.py
const ESCAPE = 0x10;
/** A sender is silent while it hashes the file once more; otherwise it has stopped. */
const SILENCE_MS = 8000;
/** Each asks only for what is still missing. */
const ATTEMPTS = 8;
const NEWLINE = 10;

interface Received {
  readonly blocks: Map<number, Uint8Array>;
  size: number | undefined;
  sum: string | undefined;
}

/**
 * Reads a file through the binary sender. Blocks that come damaged are asked for again; the SHA-256 that the board computes
 * has the last word.
 * @throws FileError, ProtocolError when the line damages every attempt
 */
export async function download(
  session: Session,
  path: string,
  can: Capabilities,
  options: TransferOptions,
): Promise<Uint8Array> {
  const received: Received = { blocks: new Map(), size: undefined, sum: undefined };
  const block = can.heap >= 48_000 ? 2048 : 512;
  let cause: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    throwIfAborted(options.signal);
    const code = program(verbs(can).send, [path, block, gaps(received)]);
    const run = new Run(received, (done, total) => options.onProgress?.(done, total, path));
    try {
      await session.exec(wireForm(code, can), {
        signal: options.signal,
        idleTimeoutMs: SILENCE_MS,
        onStdout: (chunk) => run.feed(chunk),
      });
    } catch (error) {
      if (!isDamage(error)) throw error;
      cause = error;
    }
    run.end(path);
    const content = assemble(received);
    if (content) return content;
  }
  throw damagedLine(cause);
}

/** What is missing, as (from, to); nothing before the first answer, which then asks for the whole file. */
function gaps({ blocks, size }: Received): [number, number][] {
  if (size === undefined || blocks.size === 0) return [];
  const missing: [number, number][] = [];
  let at = 0;
  for (const [offset, body] of [...blocks].sort(([a], [b]) => a - b)) {
    if (offset > at) missing.push([at, offset]);
    at = Math.max(at, offset + body.length);
  }
  if (at < size) missing.push([at, size]);
  return missing.length > 0 ? missing : [[size, size]]; // only the sum is missing
}

/** The file, when all of it is there and its hash is right. A wrong hash (the file was changed meanwhile) starts over. */
function assemble(received: Received): Uint8Array | undefined {
  const { blocks, size, sum } = received;
  if (size === undefined || sum === undefined) return undefined;
  if (gapsLeft(received)) return undefined;
  const content = new Uint8Array(size);
  for (const [offset, body] of blocks) content.set(body.subarray(0, size - offset), offset);
  if (Buffer.from(sha256(content)).toString('base64') === sum) return content;
  blocks.clear();
  received.size = undefined;
  received.sum = undefined;
  return undefined;
}

function gapsLeft(received: Received): boolean {
  const size = received.size ?? 0;
  if (size === 0) return false;
  const first = gaps(received)[0];
  return first?.[0] !== size;
}

/** One run of the sender: finds the blocks that came whole in what was printed. */
class Run {
  #rest: Uint8Array = new Uint8Array();
  #parts: Uint8Array[] = [];
  #size = 0;
  #done = 0;
  #begun = false;
  readonly #text: Uint8Array[] = [];

  constructor(
    private readonly received: Received,
    private readonly onProgress: (done: number, total: number) => void,
  ) {
    for (const body of received.blocks.values()) this.#done += body.length;
  }

  feed(chunk: Uint8Array): void {
    this.#parts.push(chunk);
    this.#size += chunk.length;
    if (this.#size < 512) return; // not for every few bytes
    this.#scan(false);
  }

  /** All has come. @throws FileError that the board reported */
  end(path: string): void {
    this.#scan(true);
    const answer = new Answer(true);
    answer.feed(concat([...this.#text, this.#rest]));
    if (!answer.whole) return;
    const lines = linesOrError(answer.lines, path);
    for (const line of lines) {
      const [, size, sum] = /^(?:size (\d+)|sum (\S+))$/.exec(line) ?? [];
      if (size !== undefined) this.received.size = Number(size);
      if (sum !== undefined) this.received.sum = sum;
    }
  }

  #scan(last: boolean): void {
    const all = concat([this.#rest, ...this.#parts]);
    this.#parts = [];
    this.#size = 0;
    let at = 0;
    if (!this.#begun) {
      const end = all.indexOf(NEWLINE);
      if (end < 0) {
        this.#rest = all;
        return;
      }
      this.#begun = true;
      this.#text.push(all.subarray(0, end + 1));
      const said = /^size (\d+)\r?\n/.exec(Buffer.from(all.subarray(0, end + 1)).toString());
      if (said) this.received.size = Number(said[1]);
      at = end + 1;
    }
    for (;;) {
      const start = all.indexOf(MARK, at);
      if (start < 0) break;
      const found = blockAt(all, start);
      if (found === 'more' && !last) {
        this.#rest = all.subarray(start);
        return;
      }
      if (found === 'more' || found === undefined) {
        at = start + 1;
        continue;
      }
      this.#keep(found.offset, found.body);
      at = found.end;
    }
    this.#rest = last ? all.subarray(textFrom(all, at)) : all.subarray(at);
  }

  #keep(offset: number, body: Uint8Array): void {
    if (this.received.blocks.has(offset)) return;
    this.received.blocks.set(offset, body);
    this.#done += body.length;
    this.onProgress(this.#done, this.received.size ?? this.#done);
  }
}

/** Where the closing lines begin: behind the newline that ends the blocks. */
function textFrom(all: Uint8Array, at: number): number {
  const tail = Buffer.from(all.buffer, all.byteOffset, all.byteLength);
  const found = Math.max(tail.lastIndexOf('\nsum '), tail.lastIndexOf('\n! '));
  return found < 0 ? at : found + 1;
}

function blockAt(
  all: Uint8Array,
  at: number,
): { offset: number; body: Uint8Array; end: number } | 'more' | undefined {
  const head = all.subarray(at, at + HEAD);
  for (let i = 1; i < head.length; i++) if ((head[i] ?? 0) < 0x80) return undefined;
  if (head.length < HEAD) return 'more';
  const length = number(head, 5, 2);
  const body = all.subarray(at + HEAD, at + HEAD + length);
  if (body.length < length) return 'more';
  if (crc32(body, crc32(head.subarray(0, 7))) !== number(head, 7, 5)) return undefined;
  return { offset: number(head, 1, 4), body: unescapeBytes(body), end: at + HEAD + length };
}

function number(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) value = value * 128 + ((bytes[at + i] ?? 0) & 0x7f);
  return value;
}

function unescapeBytes(body: Uint8Array): Uint8Array {
  const out = new Uint8Array(body.length);
  let to = 0;
  for (let from = 0; from < body.length; from++) {
    const byte = body[from] ?? 0;
    out[to++] = byte === ESCAPE ? (body[++from] ?? 0) - 0x40 : byte;
  }
  return out.slice(0, to);
}
