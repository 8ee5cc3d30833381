import { indexOf, utf8 } from '../bytes';
import { CTRL_A, CTRL_C } from './controlKeys';
import type { ExecLine } from './execLine';
import { RAW_BANNER } from './rawReplFraming';

/** Cancels code that has been sent in part: clears the line and starts the raw REPL again. */
export const CANCEL_PLAIN = Uint8Array.of(...CTRL_C, ...CTRL_A);

/** One piece of code that is sent to the raw REPL without credit. */
export class PlainCode {
  #seen: Uint8Array = new Uint8Array();

  constructor(
    private readonly code: Uint8Array,
    private readonly line: ExecLine,
  ) {}

  /** Sends the code without its end mark, until `isOver` returns true. */
  async send(isOver: () => boolean, onProgress: () => void): Promise<void> {
    // Ctrl-D after no code would be a soft reset.
    const code = this.code.length > 0 ? this.code : utf8('\n');
    await this.line.writePaced(code, isOver, onProgress);
  }

  /**
   * Takes bytes that arrive while the code is being sent; no answer is due then. Returns whether
   * they contain the banner that {@link CANCEL_PLAIN} triggers.
   */
  hasRestarted(chunk: Uint8Array): boolean {
    const seen = Buffer.concat([this.#seen, chunk]);
    this.#seen = seen.subarray(-RAW_BANNER.length);
    return indexOf(seen, RAW_BANNER) >= 0;
  }
}
