import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type { WriteItem } from '../boardFiles';

const deflate = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.deflateRaw);

/** Below this size in bytes, compression saves nothing. */
const WORTH_BYTES = 128;
/** Compressed content is used if it is smaller than this share of the original. */
const WORTH_RATIO = 0.9;

/** Loads the content of `item` if it is supplied on demand. */
export async function withContent(item: WriteItem): Promise<WriteItem & { content: Uint8Array }> {
  const { content } = item;
  return { ...item, content: typeof content === 'function' ? await content() : content };
}

/** Compressed content, and what inflating it costs. */
export interface Deflated {
  readonly data: Uint8Array;
  /** The board needs a window of 2 ** windowBits bytes to inflate this. */
  readonly windowBits: number;
}

/**
 * Returns `content` as a raw deflate stream with a window of at most 2 ** windowBits bytes;
 * undefined if compression does not pay.
 */
export async function deflated(
  content: Uint8Array,
  windowBits: number,
): Promise<Deflated | undefined> {
  if (content.length < WORTH_BYTES || windowBits < 9) return undefined;
  const needed = Math.ceil(Math.log2(content.length + 1));
  const bits = Math.max(9, Math.min(windowBits, needed)); // zlib knows no raw window of 8 bits
  const data = await deflate(content, { level: 9, memLevel: 9, windowBits: bits });
  return data.length < content.length * WORTH_RATIO ? { data, windowBits: bits } : undefined;
}

/** Returns the inflate window for a heap with `free` bytes. The inflater needs 2 kB more, and other code needs some room. */
export function windowBitsFor(heap: number): number {
  if (heap < 12_000) return 0;
  return Math.max(9, Math.min(15, Math.floor(Math.log2(heap / 6))));
}

/**
 * Calculates how many bytes a deflate stream yields that is cut at any point. The board is asked
 * for exactly that many, so it never waits in the middle of a code for bytes in transit.
 */
export class InflateMeter {
  readonly #inflate: zlib.InflateRaw;
  #count = 0;

  constructor(windowBits: number) {
    this.#inflate = zlib.createInflateRaw({ windowBits });
    this.#inflate.on('data', (chunk: Uint8Array) => {
      this.#count += chunk.length;
    });
  }

  /** Takes the next piece and returns how many more bytes it yields. */
  async feed(piece: Uint8Array): Promise<number> {
    const before = this.#count;
    await new Promise<void>((resolve, reject) => {
      this.#inflate.write(piece, (error) => (error ? reject(error) : resolve()));
    });
    await new Promise<void>((resolve) => this.#inflate.flush(zlib.constants.Z_SYNC_FLUSH, resolve));
    return this.#count - before;
  }

  /** Frees the memory of zlib. */
  close(): void {
    this.#inflate.close();
  }
}
