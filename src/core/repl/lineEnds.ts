const CR = 0x0d;
const LF = 0x0a;

/**
 * Converts the `\r\n` line ends of a board's console back to `\n`, across chunk boundaries. A lone
 * carriage return is kept.
 */
export class LineEnds {
  #held = false;

  /** Returns the converted bytes of `chunk` that are complete. */
  convert(chunk: Uint8Array): Uint8Array {
    const out = new Uint8Array(chunk.length + 1);
    let length = 0;
    for (const byte of chunk) {
      if (this.#held && byte !== LF) out[length++] = CR;
      this.#held = byte === CR;
      if (!this.#held) out[length++] = byte;
    }
    return out.subarray(0, length);
  }

  /** Returns the held-back bytes at the end: a trailing carriage return. */
  end(): Uint8Array {
    const held = this.#held;
    this.#held = false;
    return held ? Uint8Array.of(CR) : new Uint8Array();
  }
}
