import { concat, indexOf, utf8 } from '../bytes';

/** Marks the end of the output of code in the raw REPL, and the end of the traceback. */
const EOT = 0x04;
const PROMPT = 0x3e; // `>`
/** The banner that the raw REPL prints when it is entered, and after a soft reset. */
export const RAW_BANNER = utf8('raw REPL; CTRL-B to exit\r\n>');
const TRACEBACK = 'Traceback (most recent call last):';
const ERROR_LIMIT = 64 * 1024;

/** How one piece of code ended. */
export interface FrameEnd {
  /** The traceback as printed; empty if the code succeeded. */
  readonly error: Uint8Array;
  /** The code ended in SystemExit, which made the board do a soft reset. */
  readonly rebooted: boolean;
  /** Bytes after the end, printed by a thread or an interrupt handler. */
  readonly rest: Uint8Array;
}

/**
 * Splits `output 0x04 traceback 0x04 >` (MicroPython docs, "The raw REPL"). The protocol escapes
 * nothing, so output that contains 0x04 looks like its own end. Therefore 0x04 counts only if the
 * rest of a frame follows: nothing or a traceback, then 0x04 and `>`. Output that contains 0x04
 * 0x04 `>` literally remains ambiguous; code that prints such bytes must encode them.
 */
export class RawFraming {
  #held: Uint8Array | undefined; // bytes from an 0x04 on that may be the end
  #rebooting = false;
  #strayEnds = 0;
  #recent = '';

  constructor(private readonly onOutput: (bytes: Uint8Array) => void) {}

  /** Takes a chunk; returns the end once it has arrived. */
  feed(chunk: Uint8Array): FrameEnd | undefined {
    if (this.#held) {
      this.#held = concat([this.#held, chunk]);
    } else {
      const at = chunk.indexOf(EOT);
      if (at !== 0) this.#output(at < 0 ? chunk : chunk.subarray(0, at));
      if (at < 0) return undefined;
      this.#held = chunk.subarray(at);
    }
    return this.#evaluate();
  }

  /**
   * Call this after a silence: a frame whose end was mistaken for output (a thread printed in the
   * middle of it) is complete if it ends in `>` after two 0x04.
   */
  settle(): FrameEnd | undefined {
    if (this.#strayEnds < 2 || !this.#recent.endsWith('>')) return undefined;
    const at = this.#recent.lastIndexOf(TRACEBACK);
    const error = at < 0 ? '' : this.#recent.slice(at, this.#recent.lastIndexOf('\x04'));
    return { error: Buffer.from(error, 'latin1'), rebooted: false, rest: new Uint8Array() };
  }

  #evaluate(): FrameEnd | undefined {
    for (;;) {
      const held = this.#held;
      if (!held) return undefined;
      const second = held.indexOf(EOT, 1);
      const error = held.subarray(1, second < 0 ? undefined : second);
      const plausible = error.length <= ERROR_LIMIT && couldBeTraceback(error, second >= 0);
      if (second < 0) {
        if (!plausible) this.#release(held.length);
        return undefined;
      }
      if (!plausible) {
        this.#release(second);
        continue;
      }
      const after = held.subarray(second + 1);
      if (after.length === 0) return undefined;
      if (after[0] === PROMPT) {
        return { error, rebooted: this.#rebooting, rest: after.subarray(1) };
      }
      const reboot = this.#rebooting ? 'yes' : looksLikeReboot(after);
      if (reboot === 'yes') return this.#awaitBanner(error, after);
      if (reboot === 'maybe') return undefined;
      this.#release(second);
    }
  }

  #awaitBanner(error: Uint8Array, after: Uint8Array): FrameEnd | undefined {
    this.#rebooting = true;
    const at = indexOf(after, RAW_BANNER);
    if (at < 0) return undefined;
    return { error, rebooted: true, rest: after.subarray(at + RAW_BANNER.length) };
  }

  /**
   * Emits the first `length` held bytes, which were output after all. The rest starts with 0x04
   * again.
   */
  #release(length: number): void {
    const held = this.#held ?? new Uint8Array();
    this.#strayEnds++;
    this.#output(held.subarray(0, length));
    this.#held = length < held.length ? held.subarray(length) : undefined;
  }

  #output(bytes: Uint8Array): void {
    if (this.#strayEnds > 0) {
      const tail = Buffer.from(bytes.subarray(-4096)).toString('latin1');
      this.#recent = (this.#recent + tail).slice(-4096);
    }
    this.onOutput(bytes);
  }
}

/**
 * Returns whether a traceback can start like this (`complete`: nothing more follows). An exception without
 * frames prints `Name: text`.
 */
function couldBeTraceback(bytes: Uint8Array, complete: boolean): boolean {
  const text = Buffer.from(bytes.subarray(0, 256))
    .toString('latin1')
    .replace(/^[\r\n]+/, '');
  if (text === '' || text.startsWith(TRACEBACK)) return true;
  if (/^[A-Za-z_][\w.]*: ?/.test(text)) return true;
  if (complete) return Buffer.from(bytes).includes(TRACEBACK);
  return TRACEBACK.startsWith(text) || /^[A-Za-z_][\w.]*$/.test(text);
}

/**
 * Detects a board's message at a soft reset: `MPY: soft reboot`; the oldest firmware and
 * CircuitPython omit `MPY:`.
 */
function looksLikeReboot(bytes: Uint8Array): 'yes' | 'maybe' | 'no' {
  const text = Buffer.from(bytes.subarray(0, 64))
    .toString('latin1')
    .replace(/^[\r\n]+/, '');
  const texts = ['MPY: soft reboot', 'soft reboot'];
  if (texts.some((s) => text.startsWith(s))) return 'yes';
  return texts.some((s) => s.startsWith(text)) ? 'maybe' : 'no';
}
