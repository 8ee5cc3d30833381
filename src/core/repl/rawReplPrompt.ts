/** Classifies the last line that a board printed. */
export type LastLine =
  | 'nothing' // nothing has been printed yet
  | 'prompt' // `>>> `, or the board's own prompt, and nothing behind it
  | 'editing' // a prompt with something typed behind it
  | 'continued' // the `... ` of a compound statement
  | 'paste' // paste mode waits for more
  | 'text'; // anything else: a program is running, or a thread printed after the prompt

const LINE_LIMIT = 512; // characters; a prompt is recognised by its first bytes
const PROMPT_LIMIT = 64;
/** Bytes examined at the end of a large chunk. */
const LOOK_BACK = 4096;
const PASTE_BANNER = 'paste mode; Ctrl-C to cancel, Ctrl-D to finish';
const USUAL = '>>> ';
// CircuitPython sets the terminal's title (an OSC sequence) between lines; CSI comes from line editing and coloured prompts.
// eslint-disable-next-line no-control-regex
const ESCAPES = /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-9;?]*[A-Za-z]/g;

/**
 * Detects whether a board's output ends in a prompt of the friendly REPL. Any program can print such text.
 */
export class PromptTracker {
  #line = '';
  #previous: LastLine = 'nothing';
  #heard = false;
  /** The board's own prompt (`sys.ps1`), once it has been seen after the REPL's banner. */
  #own = USUAL;

  /** The kind of line with which the output ends. */
  get lastLine(): LastLine {
    return this.#heard ? this.#classify(this.#line) : 'nothing';
  }

  /** Whether the output ends in an empty prompt. */
  get ready(): boolean {
    return this.lastLine === 'prompt';
  }

  /** Whether the output ends in a prompt, empty or not. */
  get atPrompt(): boolean {
    return !['nothing', 'text'].includes(this.lastLine);
  }

  /** The last line as displayed. */
  get text(): string {
    return shown(this.#line);
  }

  /** The prompts that the REPL may print, including escape sequences. */
  get prompts(): readonly string[] {
    return this.#own === USUAL ? [USUAL] : [USUAL, this.#own];
  }

  /**
   * Sets the REPL's prompt. An empty prompt can be distinguished from no output only by asking the
   * board.
   */
  learn(prompt: string): void {
    if (shown(prompt) !== '' && prompt.length <= PROMPT_LIMIT) this.#own = prompt;
  }

  /** Takes output of the board, in any pieces. Of a large chunk, only the end is examined. */
  feed(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#heard = true;
    let at = 0;
    if (chunk.length > LOOK_BACK) {
      at = chunk.length - LOOK_BACK;
      this.#line = 'text'; // its line has already begun
      this.#previous = 'text';
    }
    for (let end = chunk.indexOf(0x0a, at); end >= 0; end = chunk.indexOf(0x0a, at)) {
      this.#append(chunk.subarray(at, end));
      this.#previous = this.#isPasteBanner() ? 'paste' : this.#classify(this.#line);
      this.#line = '';
      at = end + 1;
    }
    this.#append(chunk.subarray(at));
  }

  /** Forgets everything except the board's own prompt; the next byte starts a line. */
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

  #classify(line: string): LastLine {
    const text = shown(line);
    const prompt = this.prompts.map(shown).find((p) => text.startsWith(p));
    if (prompt !== undefined) return text === prompt ? 'prompt' : 'editing';
    const isInside = ['prompt', 'editing', 'continued'].includes(this.#previous);
    if (text.startsWith('... ') && isInside) return 'continued';
    if (text.startsWith('=== ') && this.#previous === 'paste') return 'paste';
    return 'text';
  }
}

function shown(line: string): string {
  return line.replace(ESCAPES, '').replace(/^\r+/, '');
}
