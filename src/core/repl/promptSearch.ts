import type { Clock } from '../async';
import { concat, indexOf, utf8 } from '../bytes';
import type { PromptTracker } from './rawReplPrompt';

/**
 * Every firmware's REPL prints a banner with this word before its first prompt. The prompt of a
 * program has no such banner.
 */
const REPL_BANNER = /python/i;
/** The text in that banner's first line. */
const BANNER_LINE = /(?:Micro|Circuit)Python v?\d/;
/** Late answers of the raw REPL to Ctrl-C and Ctrl-D. */
// eslint-disable-next-line no-control-regex
const RAW_REMAINS = /^[\r\n>\x04]*$/;
/** Bytes kept while the prompt has not been found. */
const LOOK_LIMIT = 64 * 1024;

/** A prompt that followed the raw REPL. */
export interface FoundPrompt {
  readonly prompt: string;
  /** Whether it is the firmware's own; otherwise that of a program with its own raw REPL (aiorepl). */
  readonly isRepls: boolean;
  /** Output of threads and timers before the firmware's banner. */
  readonly before: Uint8Array;
  /** Bytes after the prompt. */
  readonly rest: Uint8Array;
}

/** Recognises the prompt after the raw REPL: a known one, or any text followed by silence. */
export class PromptSearch {
  #captured: Uint8Array = new Uint8Array();
  #quiet: { dispose(): void } | undefined;

  /** @param onSilence receives a prompt that silence reveals, after `probeMs` milliseconds of it */
  constructor(
    private readonly tracker: PromptTracker,
    private readonly times: { readonly clock: Clock; readonly probeMs: number },
    private readonly onSilence: (found: FoundPrompt) => void,
  ) {}

  /** The output in which no prompt was found. */
  get captured(): Uint8Array {
    return this.#captured;
  }

  /** Forgets what an earlier search has captured. */
  begin(): void {
    this.#captured = new Uint8Array();
  }

  /** Ends the wait for silence. */
  end(): void {
    this.#quiet?.dispose();
  }

  /** Takes output; returns the prompt if it is one of the tracker's, or `programPrompt`. */
  feed(chunk: Uint8Array, programPrompt: string | undefined): FoundPrompt | undefined {
    this.#captured = concat([this.#captured, chunk]).slice(-LOOK_LIMIT);
    const known = [programPrompt, ...this.tracker.prompts].filter((p) => p !== undefined);
    for (const prompt of known) {
      const at = indexOf(this.#captured, utf8(`\n${prompt}`));
      if (at >= 0) {
        return this.#found(prompt, at, this.#captured.subarray(at + 1 + utf8(prompt).length));
      }
    }
    this.#quiet?.dispose();
    this.#quiet = this.times.clock.after(this.times.probeMs, () => {
      const at = this.#captured.lastIndexOf(0x0a);
      if (at < 0) return;
      const prompt = Buffer.from(this.#captured.subarray(at + 1)).toString('latin1');
      this.onSilence(this.#found(prompt, at, new Uint8Array()));
    });
    return undefined;
  }

  /** Ends the search and returns the prompt, which begins after the new line at `at`. */
  #found(prompt: string, at: number, rest: Uint8Array): FoundPrompt {
    const banner = Buffer.from(this.#captured.subarray(0, at)).toString('latin1');
    const isRepls = this.tracker.prompts.includes(prompt) || REPL_BANNER.test(banner);
    const before = this.#captured.slice(0, lengthBefore(banner));
    this.begin();
    this.end();
    return { prompt, isRepls, before, rest };
  }
}

/**
 * Returns the length of the output before the line of the banner, without the line ends there; 0 without a
 * banner.
 */
function lengthBefore(output: string): number {
  const line = output.lastIndexOf('\n', output.search(BANNER_LINE));
  let length = Math.max(0, line);
  while (length > 0 && /[\r\n]/.test(output.charAt(length - 1))) length--;
  return RAW_REMAINS.test(output.slice(0, length)) ? 0 : length;
}
