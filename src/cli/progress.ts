import { printable, type Cli } from './cli';

/** Least time between two drawings, in milliseconds: a terminal is slower than a board. */
const REDRAW_MS = 100;

/** One line on a terminal that tells how far a transfer is; nothing where nobody watches. */
export class Progress {
  readonly #on: boolean;
  #drawn = false;
  #last = -Infinity;

  constructor(
    private readonly cli: Cli,
    boards: number,
  ) {
    this.#on = cli.interactive && boards === 1 && !cli.options.json;
  }

  bytes(done: number, total: number, path: string): void {
    const now = performance.now();
    if (!this.#on || now - this.#last < REDRAW_MS) return;
    this.#last = now;
    const percent = total > 0 ? Math.floor((100 * done) / total) : 100;
    this.cli.err(`\r\u001b[K${percent} %  ${done} of ${total} bytes  ${printable(path)}`);
    this.#drawn = true;
  }

  /** Takes the line away, for other words to come. */
  clear(): void {
    if (this.#drawn) this.cli.err('\r\u001b[K');
    this.#drawn = false;
  }
}
