import { concat, utf8 } from '../bytes';
import type { WriteItem } from '../boardFiles';
import { sha256Bytes } from '../hash';
import { deflated, InflateMeter } from './content';
import { escapeBytes, fitting } from './frames';
import { pathBytes } from './paths';

/** One frame's body, escaped for the wire, and the meaning of its acknowledgement. */
export interface Body {
  readonly wire: Uint8Array;
  /** Index of its file; undefined for the end of the stream. */
  readonly file?: number;
  /** Number of bytes of the file in this frame. */
  readonly content: number;
  /**
   * The last frame of its file: its acknowledgement means that the file is verified and in place.
   */
  readonly last: boolean;
}

/** Limits for the bodies of frames. */
export interface BodyOptions {
  /** Maximum length of a body on the wire, in bytes. */
  readonly limit: number;
  /** Largest deflate window (as log2) that fits into the board's memory; 0: no deflate. */
  readonly windowBits: number;
}

/** Length in bytes of the header of compressed data: kind and inflated length. */
const DEFLATED_HEAD = 4;

/**
 * Generates the frames of `items` from index `first`, on demand; each content is requested when its
 * turn comes.
 */
export async function* bodies(
  items: readonly WriteItem[],
  first: number,
  options: BodyOptions,
): AsyncGenerator<Body, void, undefined> {
  for (let file = first; file < items.length; file++) {
    const item = items[file];
    if (item) yield* fileBodies(item, file, options);
  }
  yield { wire: utf8('Q'), content: 0, last: false };
}

async function* fileBodies(item: WriteItem, file: number, options: BodyOptions) {
  const content = typeof item.content === 'function' ? await item.content() : item.content;
  const packed = await deflated(content, options.windowBits);
  const head = new Uint8Array(6);
  head[0] = 0x4f; // O
  new DataView(head.buffer).setUint32(1, content.length, true);
  head[5] = packed?.windowBits ?? 0;
  const wire = escapeBytes(concat([head, sha256Bytes(content), pathBytes(item.path)]));
  yield { wire, file, content: 0, last: content.length === 0 };
  if (packed) yield* deflatedBodies(packed.data, packed.windowBits, content.length, file, options);
  else yield* plainBodies(content, file, options);
}

function* plainBodies(content: Uint8Array, file: number, { limit }: BodyOptions) {
  for (let at = 0; at < content.length;) {
    const count = fitting(content, at, limit - 1);
    const wire = concat([utf8('D'), escapeBytes(content.subarray(at, at + count))]);
    at += count;
    yield { wire, file, content: count, last: at === content.length };
  }
}

async function* deflatedBodies(
  data: Uint8Array,
  windowBits: number,
  size: number,
  file: number,
  { limit }: BodyOptions,
) {
  const meter = new InflateMeter(windowBits);
  try {
    let left = size;
    for (let at = 0; at < data.length && left > 0;) {
      const count = fitting(data, at, limit - 2 * DEFLATED_HEAD);
      const yields = await meter.feed(data.subarray(at, at + count));
      const head = Uint8Array.of(0x5a, yields & 255, (yields >> 8) & 255, yields >> 16); // Z
      const wire = escapeBytes(concat([head, data.subarray(at, at + count)]));
      at += count;
      left -= yields;
      yield { wire, file, content: yields, last: left === 0 };
    }
  } finally {
    meter.close();
  }
}
