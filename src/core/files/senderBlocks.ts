import * as l10n from '@vscode/l10n';
import { concat } from '../bytes';
import { ProtocolError } from '../errors';
import { crc32 } from './crc';
import { Answer } from './snippets';

const MARK = 0x7e;
const HEAD = 12; // mark, offset, length, CRC: see sender.py
const ESCAPE = 0x10;
const NEWLINE = 10;
/**
 * Limit, in bytes, for the line of sizes and any text between blocks: more than any firmware prints
 * unasked.
 */
const MAX_REST = 4 << 20;
/** Bytes to collect before searching for blocks again. */
const SCAN_BYTES = 512;

/** Parses the output of sender.py: a line of sizes, blocks, and finally a line of hashes. */
export class SenderOutput {
  #rest: Uint8Array = new Uint8Array();
  #parts: Uint8Array[] = [];
  #waiting = 0;
  #begun = false;
  readonly #text: Uint8Array[] = [];

  constructor(
    /**
     * Receives the sizes before their checksum has been verified; a damaged line gives wrong ones.
     */
    private readonly onSizes: (sizes: readonly number[]) => void,
    /** Receives an intact block; `offset` counts through all files. */
    private readonly onBlock: (offset: number, body: Uint8Array) => void,
  ) {}

  /**
   * Takes output of the sender. Scans it in portions, since one scan for each chunk would be slow.
   * @throws ProtocolError for output without end
   */
  feed(chunk: Uint8Array): void {
    this.#parts.push(chunk);
    this.#waiting += chunk.length;
    if (this.#rest.length > MAX_REST) throw endless();
    if (this.#waiting >= SCAN_BYTES) this.#scan(false);
  }

  /** Ends the blocks. Returns the lines around the blocks; undefined if they are damaged. */
  end(): readonly string[] | undefined {
    this.#scan(true);
    const answer = new Answer(true);
    answer.feed(concat([...this.#text, this.#rest]));
    return answer.whole ? answer.lines : undefined;
  }

  #scan(last: boolean): void {
    const all = concat([this.#rest, ...this.#parts]);
    this.#parts = [];
    this.#waiting = 0;
    let at = 0;
    if (!this.#begun) {
      const end = all.indexOf(NEWLINE);
      if (end < 0) {
        this.#rest = all;
        return;
      }
      this.#begun = true;
      const line = all.subarray(0, end + 1);
      this.#text.push(line);
      const sizes = numbers('size', Buffer.from(line).toString('latin1').trimEnd());
      if (sizes) this.onSizes(sizes);
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
      this.onBlock(found.offset, found.body);
      at = found.end;
    }
    this.#rest = last ? all.subarray(textFrom(all, at)) : all.subarray(at);
  }
}

function endless(): ProtocolError {
  return new ProtocolError(l10n.t("The board's answer never ends and contains no file"), {
    hint: l10n.t('Reset the board and try again.'),
  });
}

/** Parses a line such as `size 12 -2`; undefined for any other line. */
export function numbers(word: string, line: string): number[] | undefined {
  const [first, ...rest] = line.split(' ');
  if (first !== word || !rest.every((n) => /^-?\d{1,9}$/.test(n))) return undefined;
  return rest.map(Number);
}

/** Returns where the closing lines start: after the newline that ends the blocks. */
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
  const length = sevenBits(head, 5, 2);
  const body = all.subarray(at + HEAD, at + HEAD + length);
  if (body.length < length) return 'more';
  if (crc32(body, crc32(head.subarray(0, 7))) !== sevenBits(head, 7, 5)) return undefined;
  return { offset: sevenBits(head, 1, 4), body: unescapeBytes(body), end: at + HEAD + length };
}

function sevenBits(bytes: Uint8Array, at: number, count: number): number {
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
