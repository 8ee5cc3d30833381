const DIM = '\x1b[2m';
const PLAIN = '\x1b[0m';

/** What a board prints, as text for a terminal: UTF-8 over any cuts, line ends as terminals want them, dim notes. */
export class ReplOutput {
  #decoder = new TextDecoder();
  #last = '\n';

  constructor(private readonly write: (text: string) => void) {}

  show(chunk: Uint8Array): void {
    // A lone line feed (code that ran through the raw REPL prints such) would leave the cursor where it is.
    const text = this.#decoder.decode(chunk, { stream: true });
    if (text === '') return;
    const fixed = (this.#last + text).replace(/(?<!\r)\n/g, '\r\n');
    const first = this.#last === '\n' ? 2 : this.#last.length;
    this.write(fixed.slice(first));
    this.#last = text.slice(-1);
  }

  /** Text for the terminal as it is: the echo of what is typed. */
  text(text: string): void {
    if (text === '') return;
    this.write(text);
    this.#last = text.slice(-1);
  }

  /** A line of ours, dim, on a line of its own. */
  note(text: string): void {
    this.#decoder = new TextDecoder();
    const start = this.#last === '\n' ? '' : '\r\n';
    this.write(`${start}${DIM}[${text}]${PLAIN}\r\n`);
    this.#last = '\n';
  }
}
