import { NUMBERS } from './frames';

/** What the receiver says of the stream. */
export interface StreamAnswer {
  /** `K`: all frames before `number` are done. `N`: the same, and the rest is wanted again from there. */
  readonly mark: 'K' | 'N';
  readonly number: number;
}

const K = 0x4b;
const N = 0x4e;
const LOW = 48;
const HIGH = LOW + NUMBERS - 1;
const NEWLINE = 10;

/**
 * Takes the receiver's output apart: answers of three bytes (mark, number, complement) until it begins a line; lines, the last
 * of which carry errors and the checksum, go to `onText` as they are. What fits neither is noise and skipped: an answer that
 * was damaged is made good by the next one.
 */
export class AnswerParser {
  #held: number[] = [];
  #inText = false;

  constructor(
    private readonly onAnswer: (answer: StreamAnswer) => void,
    private readonly onText: (chunk: Uint8Array) => void,
  ) {}

  feed(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; at++) {
      if (this.#inText) {
        this.onText(chunk.subarray(at));
        return;
      }
      this.#byte(chunk[at] ?? 0);
    }
  }

  #byte(byte: number): void {
    this.#held.push(byte);
    while (this.#held.length > 0) {
      const [mark = 0, number, complement] = this.#held;
      if (mark === NEWLINE) {
        this.#inText = true;
        return;
      }
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
