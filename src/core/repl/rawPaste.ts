import { concat, indexOf } from '../bytes';
import { RAW_BANNER } from './rawReplFraming';

/** Ctrl-D, which ends code in the raw REPL and in raw-paste mode. */
export const END_OF_CODE = Uint8Array.of(0x04);
const ENTER_RAW_PASTE = Uint8Array.of(0x05, 0x41, 0x01); // Ctrl-E A Ctrl-A

/** The board's answer to the request for raw-paste mode, and the bytes after it. */
export interface PasteAnswer {
  readonly says: 'yes' | 'no' | 'nothing';
  readonly rest: Uint8Array;
}

/**
 * Sends one piece of code in raw-paste mode (MicroPython docs, "Raw-paste mode"): request, window,
 * credit.
 */
export class RawPaste {
  #sent = 0;
  #credit = 0;
  #complete = false;
  #ahead = false;
  /** Bytes that the board grants at once; 0 until it has announced them. */
  window = 0;

  constructor(private readonly code: Uint8Array) {}

  /** Whether the end of the code has been sent. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Whether code was sent together with the request. */
  get ahead(): boolean {
    return this.#ahead;
  }

  /**
   * Returns the first bytes to send. If the board's window is known from earlier code, the first
   * `bytes` of the code are included: a board grants one window with its answer and has a receive
   * ring of twice that size. This saves a round trip.
   */
  ask(bytes: number): Uint8Array {
    this.#ahead = bytes > 0;
    this.#credit = bytes;
    return concat([ENTER_RAW_PASTE, ...(bytes > 0 ? [this.take()] : [])]);
  }

  /** Searches what the board has sent since the request for its answer. */
  answer(seen: Uint8Array): PasteAnswer {
    const all = Buffer.from(seen.buffer, seen.byteOffset, seen.byteLength);
    const yes = all.indexOf('R\x01');
    if (yes >= 0) return { says: 'yes', rest: seen.subarray(yes + 2) };
    const no = all.indexOf('R\x00');
    // A board without raw-paste mode interprets Ctrl-A as a restart of the raw REPL.
    const refused = indexOf(seen, RAW_BANNER) >= 0 || (no >= 0 && all.indexOf('>', no + 2) >= 0);
    return { says: refused ? 'no' : 'nothing', rest: new Uint8Array() };
  }

  /** Takes the board's window size; returns false for 0 bytes. */
  open(window: number): boolean {
    this.window = window;
    this.#credit = window - this.#sent;
    return window > 0;
  }

  /** Adds one window, which the board has granted. */
  grant(): void {
    this.#credit += this.window;
  }

  /**
   * Returns the bytes that may be sent now, which then count as sent; includes the end mark after
   * the last byte.
   */
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
