import { noteLine } from '../../core/board';
import { TerminalFilter } from '../../core/repl';

/**
 * Converts a board's output into text for a terminal: joins split UTF-8, removes control sequences
 * that act on the computer, converts line ends, and dims the extension's notes.
 */
export class ReplOutput {
  #decoder = new TextDecoder();
  #filter = new TerminalFilter();
  #last = '\n';

  constructor(private readonly write: (text: string) => void) {}

  show(chunk: Uint8Array): void {
    // A lone line feed, as printed by code in the raw REPL, would not return the cursor to the
    // first column.
    const text = this.#filter.take(this.#decoder.decode(chunk, { stream: true }));
    if (text === '') return;
    const fixed = (this.#last + text).replace(/(?<!\r)\n/g, '\r\n');
    const first = this.#last === '\n' ? 2 : this.#last.length;
    this.write(fixed.slice(first));
    this.#last = text.slice(-1);
  }

  /** Writes unchanged text to the terminal: the echo of typed keys. */
  text(text: string): void {
    if (text === '') return;
    this.write(text);
    this.#last = text.slice(-1);
  }

  /** Shows a prompt on its own line. */
  prompt(text: string): void {
    this.text(this.#last === '\n' ? text : `\r\n${text}`);
  }

  /** Shows a message of the extension, dim, on its own line. */
  note(text: string): void {
    this.#decoder = new TextDecoder();
    this.#filter = new TerminalFilter();
    const start = this.#last === '\n' ? '' : '\r\n';
    this.write(start + noteLine(text));
    this.#last = '\n';
  }
}
