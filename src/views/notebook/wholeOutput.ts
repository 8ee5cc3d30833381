import { createWriteStream, mkdirSync, rmSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';

/**
 * Largest number of characters kept for one cell, so that an endless program does not fill the
 * disk.
 */
const FILE_LIMIT = 50_000_000;

/**
 * The whole output of a cell: in memory while it is short, else in a file that is deleted with the
 * window.
 */
export class WholeOutput {
  #head: string[] = [];
  #file: WriteStream | undefined;
  #path: string | undefined;
  #length = 0;

  constructor(private readonly folder: string) {}

  /** The file, if the output was too long for the document. */
  get path(): string | undefined {
    return this.#path;
  }

  /** Adds text. `spill`: it exceeds what the document may hold. */
  add(text: string, spill: boolean): void {
    if (this.#length > FILE_LIMIT) return;
    this.#length += text.length;
    if (!spill) {
      this.#head.push(text);
      return;
    }
    if (!this.#file) {
      mkdirSync(this.folder, { recursive: true });
      this.#path = join(this.folder, `${randomUUID()}.txt`);
      this.#file = createWriteStream(this.#path);
      for (const part of this.#head) this.#file.write(part);
      this.#head = [];
    }
    this.#file.write(text);
  }

  /** Resolves when everything added is in the file. */
  async end(): Promise<void> {
    const file = this.#file;
    if (file) await new Promise<void>((resolve) => file.end(resolve));
  }

  dispose(): void {
    this.#head = [];
    this.#file?.destroy();
    if (this.#path !== undefined) rmSync(this.#path, { force: true });
  }
}
