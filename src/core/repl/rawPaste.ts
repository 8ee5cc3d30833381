import { concat, indexOf } from '../bytes';
import { RAW_BANNER } from './rawReplFraming';

export const END_OF_CODE = Uint8Array.of(0x04);
const ENTER_RAW_PASTE = Uint8Array.of(0x05, 0x41, 0x01); // Ctrl-E A Ctrl-A

/** What the board says to the question whether it takes code by raw-paste, and what came behind that. */
export interface PasteAnswer {
  readonly says: 'yes' | 'no' | 'nothing';
  readonly rest: Uint8Array;
}

/** One piece of code on its way by raw-paste (MicroPython, "Raw-paste mode"): the question, the window, the credit. */
export class RawPaste {
  #sent = 0;
  #credit = 0;
  #complete = false;
  #ahead = false;
  /** Bytes that the board grants at once; 0 until it has said so. */
  window = 0;

  constructor(private readonly code: Uint8Array) {}

  /** The end of the code has been sent. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Code went out together with the question. */
  get ahead(): boolean {
    return this.#ahead;
  }

  /**
   * What to send first. When the board's window is known from code before, the beginning of the code goes along, so many bytes: a
   * board grants one window with its answer, and has a receive ring of twice as much. It saves a round trip.
   */
  ask(bytes: number): Uint8Array {
    this.#ahead = bytes > 0;
    this.#credit = bytes;
    return concat([ENTER_RAW_PASTE, ...(bytes > 0 ? [this.take()] : [])]);
  }

  answer(seen: Uint8Array): PasteAnswer {
    const all = Buffer.from(seen.buffer, seen.byteOffset, seen.byteLength);
    const yes = all.indexOf('R\x01');
    if (yes >= 0) return { says: 'yes', rest: seen.subarray(yes + 2) };
    const no = all.indexOf('R\x00');
    // Where raw-paste was not understood Ctrl-A began the raw REPL anew.
    const refused = indexOf(seen, RAW_BANNER) >= 0 || (no >= 0 && all.indexOf('>', no + 2) >= 0);
    return { says: refused ? 'no' : 'nothing', rest: new Uint8Array() };
  }

  /** The board has said its window; false for one of 0 bytes. */
  open(window: number): boolean {
    this.window = window;
    this.#credit = window - this.#sent;
    return window > 0;
  }

  /** One more window. */
  grant(): void {
    this.#credit += this.window;
  }

  /** What may be sent now, which counts as sent; the end behind the last byte. */
  take(): Uint8Array {
    if (this.#complete) return new Uint8Array();
    const count = Math.max(0, Math.min(this.#credit, this.code.length - this.#sent));
    const part = this.code.subarray(this.#sent, this.#sent + count);
    this.#sent += count;
    this.#credit -= count;
    this.#complete = this.#sent === this.code.length;
    return this.#complete ? concat([part, END_OF_CODE]) : part;
  }
}
