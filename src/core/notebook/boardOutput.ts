/** Separates the parts of a board's output; see `marksFor`. ASCII's group separator, which programs do not print. */
const END = '\x1d';
/** A longer question or value is shown as plain text, in characters. */
const QUESTION_LIMIT = 4096;

/** The marks before a question of `input()` and before the value of a cell. */
export interface Marks {
  readonly question: string;
  readonly value: string;
}

/** Returns marks that no program prints by chance. */
export function marksFor(token: string): Marks {
  return { question: `${END}${token}?`, value: `${END}${token}=` };
}

/** Receives the separated parts of the output. */
export interface Parts {
  text(text: string): void;
  question(prompt: string): void;
}

/**
 * Separates the text that code prints from the questions of `input()` and from the cell's value, as bytes arrive. Marks and
 * characters may be split at any byte. Line ends become `\n`.
 */
export class BoardOutput {
  readonly #decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });
  #held = '';
  #value: string | undefined;

  constructor(
    private readonly marks: Marks,
    private readonly parts: Parts,
  ) {}

  /** The printed value of the cell, once it has arrived. */
  get value(): string | undefined {
    return this.#value;
  }

  /** Takes output of the board. A character may be split between chunks. */
  take(chunk: Uint8Array): void {
    this.#take(this.#decoder.decode(chunk, { stream: true }));
  }

  /** Call at the end of the output. */
  end(): void {
    this.#take(this.#decoder.decode());
    if (this.#held !== '') this.parts.text(this.#held);
    this.#held = '';
    if (this.#value !== undefined) this.#value = this.#value.replace(/\r?\n$/, '');
  }

  #take(more: string): void {
    if (this.#value !== undefined) {
      this.#value += more.replaceAll('\r\n', '\n');
      return;
    }
    let text = this.#held + more;
    this.#held = '';
    for (;;) {
      const at = text.indexOf(END);
      if (at < 0) break;
      this.#say(text.slice(0, at));
      const rest = this.#marked(text.slice(at));
      if (rest === undefined) return;
      text = rest;
    }
    // The line feed after this carriage return may be in the next chunk.
    const held = text.endsWith('\r') ? 1 : 0;
    this.#held = text.slice(text.length - held);
    this.#say(text.slice(0, text.length - held));
  }

  /**
   * Processes `text`, which begins with END.
   * @returns the rest to process, or undefined if it waits for more text
   */
  #marked(text: string): string | undefined {
    const { question, value } = this.marks;
    if (text.startsWith(value)) {
      this.#value = text.slice(value.length).replaceAll('\r\n', '\n');
      return undefined;
    }
    if (text.startsWith(question)) {
      const end = text.indexOf(END, question.length);
      if (end >= 0) {
        this.parts.question(text.slice(question.length, end));
        return text.slice(end + 1);
      }
      if (text.length < QUESTION_LIMIT) {
        this.#held = text;
        return undefined;
      }
    } else if (question.startsWith(text) || value.startsWith(text)) {
      this.#held = text;
      return undefined;
    }
    this.#say(text.charAt(0));
    return text.slice(1);
  }

  #say(text: string): void {
    if (text !== '') this.parts.text(text.replaceAll('\r\n', '\n'));
  }
}
