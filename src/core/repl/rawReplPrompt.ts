/** What the last line that a board printed is. */
export type LastLine =
  | 'nothing' // nothing has been printed yet
  | 'prompt' // `>>> `, and nothing behind it
  | 'editing' // a prompt with something typed behind it, or the `... ` of a compound statement
  | 'paste' // paste mode waits for more
  | 'text'; // anything else: a program runs, or a thread printed behind the prompt

const LINE_LIMIT = 512; // a prompt is known by its first bytes
/** Of one large chunk, only so much of its end is looked at. */
const LOOK_BACK = 4096;
const PASTE_BANNER = 'paste mode; Ctrl-C to cancel, Ctrl-D to finish';
// CircuitPython sets the terminal's title (an OSC sequence) between lines; CSI comes from line editing.
// eslint-disable-next-line no-control-regex
const ESCAPES = /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-9;?]*[A-Za-z]/g;

/** Follows a board's output and knows whether it ends in a prompt of the friendly REPL. */
export class PromptTracker {
  #line = '';
  #previous: LastLine = 'nothing';
  #heard = false;

  /** What the output ends in. */
  get lastLine(): LastLine {
    return this.#heard ? classify(this.#line, this.#previous) : 'nothing';
  }

  /** Whether the board is at an empty prompt. */
  get ready(): boolean {
    return this.lastLine === 'prompt';
  }

  /** Whether the board waits for input at one of its prompts. */
  get atPrompt(): boolean {
    const last = this.lastLine;
    return last === 'prompt' || last === 'editing' || last === 'paste';
  }

  feed(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#heard = true;
    let at = 0;
    if (chunk.length > LOOK_BACK) {
      at = chunk.length - LOOK_BACK;
      this.#line = 'text'; // its line has begun before
      this.#previous = 'text';
    }
    for (let end = chunk.indexOf(0x0a, at); end >= 0; end = chunk.indexOf(0x0a, at)) {
      this.#append(chunk.subarray(at, end));
      this.#previous = this.#isPasteBanner() ? 'paste' : classify(this.#line, this.#previous);
      this.#line = '';
      at = end + 1;
    }
    this.#append(chunk.subarray(at));
  }

  /** Forgets all: what comes next begins a line. */
  reset(): void {
    this.#line = '';
    this.#previous = 'nothing';
    this.#heard = false;
  }

  #append(bytes: Uint8Array): void {
    const room = LINE_LIMIT - this.#line.length;
    if (room > 0) this.#line += Buffer.from(bytes.subarray(0, room)).toString('latin1');
  }

  #isPasteBanner(): boolean {
    return this.#line.includes(PASTE_BANNER);
  }
}

function classify(line: string, previous: LastLine): LastLine {
  const shown = line.replace(ESCAPES, '').replace(/^\r+/, '');
  if (shown === '>>> ') return 'prompt';
  if (shown.startsWith('>>> ')) return 'editing';
  const inside = previous === 'prompt' || previous === 'editing';
  if (shown.startsWith('... ') && inside) return 'editing';
  if (shown.startsWith('=== ') && previous === 'paste') return 'paste';
  return 'text';
}
