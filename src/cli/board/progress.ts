import { printable, type Cli } from '../cli';

/**
 * Minimum interval between two updates, in milliseconds, since terminals are slower than boards.
 */
const REDRAW_MS = 100;

/**
 * Shows a transfer's progress in one line on a terminal; shows nothing if the output is not a
 * terminal.
 */
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

  /** Removes the line, so that other text can be printed. */
  clear(): void {
    if (this.#drawn) this.cli.err('\r\u001b[K');
    this.#drawn = false;
  }
}
