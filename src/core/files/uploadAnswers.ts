import { NUMBERS } from './frames';

/** An acknowledgement from the receiver. */
export interface StreamAnswer {
  /**
   * `K`: all frames before `number` are processed. `N`: the same, and the rest must be sent again
   * from there.
   */
  readonly mark: 'K' | 'N';
  readonly number: number;
}

const K = 0x4b;
const N = 0x4e;
const LOW = 48;
const HIGH = LOW + NUMBERS - 1;
const NEWLINE = 10;
/** First bytes of the receiver's own lines: "!" of an error, "=" of the checksum. */
const LINES = new Set([0x21, 0x3d]);

/**
 * Parses the receiver's output: answers of three bytes (mark, number, complement) until it starts a
 * line. Lines go to `onText`; the last ones carry errors and the checksum. Anything else is noise
 * and skipped, because the next answer replaces a damaged one: also lines that a timer of the board
 * prints between the answers.
 */
export class AnswerParser {
  #held: number[] = [];
  #inText = false;
  #newLine = false;

  constructor(
    private readonly onAnswer: (answer: StreamAnswer) => void,
    private readonly onText: (chunk: Uint8Array) => void,
  ) {}

  /** Takes output of the receiver; calls the handlers for the answers in it. */
  feed(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      this.#inText ||= this.#newLine && LINES.has(byte);
      if (this.#inText) {
        this.onText(chunk.subarray(at));
        return;
      }
      this.#newLine = byte === NEWLINE;
      this.#byte(byte);
    }
  }

  #byte(byte: number): void {
    this.#held.push(byte);
    while (this.#held.length > 0) {
      const [mark = 0, number, complement] = this.#held;
      if (mark === K || mark === N) {
        if (number === undefined || complement === undefined) return;
        if (number >= LOW && number <= HIGH && number + complement === LOW + HIGH) {
          this.onAnswer({ mark: mark === K ? 'K' : 'N', number: number - LOW });
          this.#held = this.#held.slice(3);
          continue;
        }
      }
      this.#held.shift();
    }
  }
}
