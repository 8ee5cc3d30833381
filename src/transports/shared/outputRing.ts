/** Bytes of output kept until the host acknowledges them. More are dropped and counted. */
const MOST_BYTES = 4 * 1024 * 1024;
const FIRST_BYTES = 4 * 1024;

/** Output of running code by offset, from the first unacknowledged byte. */
export class OutputRing {
  #buffer = Buffer.alloc(FIRST_BYTES);
  #used = 0;
  /** Offset of the first byte kept. */
  acked = 0;
  dropped = 0;

  /** Offset after the last byte. */
  get end(): number {
    return this.acked + this.#used;
  }

  put(chunk: Uint8Array): void {
    const room = Math.max(0, MOST_BYTES - this.#used);
    const fits = chunk.subarray(0, room);
    this.dropped += chunk.length - fits.length;
    if (this.#used + fits.length > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(this.#buffer.length * 2, this.#used + fits.length));
      this.#buffer.copy(larger, 0, 0, this.#used);
      this.#buffer = larger;
    }
    this.#buffer.set(fits, this.#used);
    this.#used += fits.length;
  }

  /** Returns a copy of at most `most` bytes from `offset` on. */
  slice(offset: number, most: number): Buffer {
    const from = offset - this.acked;
    return Buffer.from(this.#buffer.subarray(from, Math.min(from + most, this.#used)));
  }

  /** Forgets everything before `offset`. */
  acknowledge(offset: number): void {
    const count = Math.min(offset - this.acked, this.#used);
    if (count <= 0) return;
    this.#buffer.copyWithin(0, count, this.#used);
    this.#used -= count;
    this.acked += count;
  }
}
