import type { ReadItem, TransferOptions } from '../boardFiles';

/** Counts the received bytes and the total known so far. */
export class ReadProgress {
  #before = 0;
  readonly #known: number;

  constructor(
    items: readonly ReadItem[],
    private readonly options: TransferOptions,
  ) {
    this.#known = items.reduce((sum, { size }) => sum + (size ?? 0), 0);
  }

  /** Reports `done` of the `total` bytes of the current read. */
  at(done: number, total: number, path: string): void {
    const all = Math.max(this.#known, this.#before + total);
    this.options.onProgress?.(this.#before + done, all, path);
  }

  /** Adds `size` bytes that have arrived, the last ones from `path`. */
  finish(path: string, size: number): void {
    this.at(size, size, path);
    this.#before += size;
  }
}
