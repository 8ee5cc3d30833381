import type { ReadItem, TransferOptions } from '../boardFiles';

/** Bytes that have come, of all that are known of. */
export class ReadProgress {
  #before = 0;
  readonly #known: number;

  constructor(
    items: readonly ReadItem[],
    private readonly options: TransferOptions,
  ) {
    this.#known = items.reduce((sum, { size }) => sum + (size ?? 0), 0);
  }

  /** `done` of the `total` bytes of what is being read now. */
  at(done: number, total: number, path: string): void {
    const all = Math.max(this.#known, this.#before + total);
    this.options.onProgress?.(this.#before + done, all, path);
  }

  /** So many bytes more are here, the last of them of `path`. */
  finish(path: string, size: number): void {
    this.at(size, size, path);
    this.#before += size;
  }
}
