import { concat, indexOf, utf8 } from '../bytes';
import { RAW_BANNER } from './rawReplFraming';

const NONE = new Uint8Array();
const NEW_LINE = utf8('\r\n');
const OWN_LINE = concat([NEW_LINE, RAW_BANNER]);

/**
 * Splits a board's output at the raw REPL's banner. Holds back only bytes that may be the start of
 * the banner.
 */
export class BannerSplitter {
  #held: Uint8Array = NONE;

  /**
   * Takes a chunk. `before` belongs to the terminal; `rest` is the output after the banner,
   * undefined until the banner has arrived.
   */
  feed(chunk: Uint8Array): { before: Uint8Array; rest?: Uint8Array } {
    const all = concat([this.#held, chunk]);
    this.#held = NONE;
    const at = indexOf(all, RAW_BANNER);
    if (at >= 0) {
      // The REPL prints its banner on a new line.
      const isOwnLine = Buffer.compare(all.subarray(Math.max(0, at - 2), at), NEW_LINE) === 0;
      return {
        before: all.subarray(0, isOwnLine ? at - 2 : at),
        rest: all.subarray(at + RAW_BANNER.length),
      };
    }
    const hold = Math.max(overlap(all, OWN_LINE), overlap(all, RAW_BANNER));
    this.#held = all.subarray(all.length - hold);
    return { before: all.subarray(0, all.length - hold) };
  }

  /** Returns the held-back bytes when no banner follows. */
  flush(): Uint8Array {
    const held = this.#held;
    this.#held = NONE;
    return held;
  }
}

/** Returns the length of the longest end of `all` that is a start of `pattern`. */
function overlap(all: Uint8Array, pattern: Uint8Array): number {
  for (let length = Math.min(all.length, pattern.length - 1); length > 0; length--) {
    if (Buffer.compare(all.subarray(all.length - length), pattern.subarray(0, length)) === 0) {
      return length;
    }
  }
  return 0;
}
