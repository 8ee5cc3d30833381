import { frame, HEAD, NUMBERS } from './frames';
import type { Body } from './uploadFrames';
import type { StreamAnswer } from './uploadAnswers';

/** The receiver reads a frame in pieces of this many bytes and can pause only between them. */
const PIECE = 64;

interface Sent {
  readonly body: Body;
  readonly wire: Uint8Array;
}

/**
 * Decides which bytes may be in transit to the board (go-back-N with credit). The board reads each
 * frame into its heap as it arrives; later bytes wait in the receive ring until that frame is
 * processed. So at most `ahead` bytes, which the smallest ring holds, are sent beyond the frame
 * that the board has requested.
 */
export class SendWindow {
  #frames: Sent[] = []; // not acknowledged, oldest first
  #total = 0; // bytes in #frames
  #sent = 0; // of these, already sent
  #oldest = 0; // number of the oldest frame
  #next = 0;

  constructor(public ahead: number) {}

  get empty(): boolean {
    return this.#frames.length === 0;
  }

  /**
   * Whether another frame is needed to use the credit. At most half of the numbers are in use, so
   * that old and new frames can be told apart.
   */
  get wantsMore(): boolean {
    return (this.empty || this.#total < this.#allowed) && this.#frames.length < NUMBERS / 2 - 2;
  }

  get #allowed(): number {
    return (this.#frames[0]?.wire.length ?? 0) + this.ahead;
  }

  /** Length of the frame that the board reads next. */
  get firstLength(): number {
    return this.#frames[0]?.wire.length ?? 0;
  }

  /** Appends a frame with the next number. It is sent once the credit allows it. */
  add(body: Body): void {
    const wire = frame(this.#next, body.wire);
    this.#next = (this.#next + 1) % NUMBERS;
    this.#frames.push({ body, wire });
    this.#total += wire.length;
  }

  /** Returns the bytes to send now; they are counted as sent. */
  take(): Uint8Array[] {
    const out: Uint8Array[] = [];
    const end = Math.min(this.#total, this.#allowed);
    let at = 0;
    for (const { wire } of this.#frames) {
      const from = Math.max(0, this.#sent - at);
      const to = cut(wire.length, end - at);
      if (to > from) out.push(wire.subarray(from, to));
      at += wire.length;
      if (at >= end) break;
    }
    for (const part of out) this.#sent += part.length;
    return out;
  }

  /**
   * Processes an acknowledgement and returns the frames it confirms. Ignores acknowledgements of
   * frames that were never sent.
   */
  acknowledge({ mark, number }: StreamAnswer): Body[] {
    const count = (number - this.#oldest + NUMBERS) % NUMBERS;
    if (count > this.#frames.length) return [];
    const done = this.#frames.splice(0, count);
    for (const { wire } of done) {
      this.#total -= wire.length;
      this.#sent = Math.max(0, this.#sent - wire.length);
    }
    this.#oldest = number;
    if (mark === 'N') this.#sent = 0;
    return done.map((f) => f.body);
  }
}

/**
 * Returns how much of a frame may be sent when `room` bytes are left: all of it, or up to the end
 * of a piece.
 */
function cut(length: number, room: number): number {
  if (room >= length) return length;
  return room < HEAD ? 0 : HEAD + Math.floor((room - HEAD) / PIECE) * PIECE;
}
