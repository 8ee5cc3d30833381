const CR = 0x0d;
const LF = 0x0a;

/**
 * Turns the `\r\n` that a board's console makes of every line's end back into `\n`, over any cuts between the chunks. A
 * lone carriage return stays.
 */
export class LineEnds {
  #held = false;

  /** The bytes of `chunk` that can be passed on now. */
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

  /** What was held back at the end: a last carriage return. */
  end(): Uint8Array {
    const held = this.#held;
    this.#held = false;
    return held ? Uint8Array.of(CR) : new Uint8Array();
  }
}
