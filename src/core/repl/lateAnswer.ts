import { concat, utf8 } from '../bytes';
import { RAW_BANNER } from './rawReplFraming';

const NONE = new Uint8Array();
/** Bytes after which the friendly REPL's banner must have ended in a prompt. Real ones have less than 200. */
const LONGEST_BANNER = 1024;

/**
 * Removes from a terminal's output the answers to keys that the extension sent while a program was
 * running: a carriage return, Ctrl-A and Ctrl-B. The REPL reads them when the program ends, and
 * prints another prompt, the raw REPL's banner and its own banner. The user has typed none of this.
 */
export class LateAnswer {
  /** Times that the keys were sent and not yet answered. */
  #expected = 0;
  #state: 'program' | 'prompt' | 'banner' = 'program';
  /** The end of what was shown, as far as it may be a part of a prompt. */
  #tail = '';
  #held: Uint8Array = NONE;

  /** The keys were sent, and nothing answered. */
  expect(): void {
    this.#expected++;
  }

  /** Expects no more answers. Returns bytes that were held back. */
  end(): Uint8Array {
    this.#expected = 0;
    this.#state = 'program';
    this.#tail = '';
    const held = this.#held;
    this.#held = NONE;
    return held;
  }

  /** Returns the part of `bytes` to show. `prompts`: all prompts that the REPL may print. */
  filter(bytes: Uint8Array, prompts: readonly string[]): Uint8Array {
    const shown: Uint8Array[] = [];
    let rest = bytes;
    while (rest.length > 0 && this.#expected > 0) {
      if (this.#state === 'program') {
        const end = this.#endOfPrompt(rest, prompts);
        shown.push(rest.subarray(0, end ?? rest.length));
        rest = end === undefined ? NONE : rest.subarray(end);
        if (end !== undefined) this.#state = 'prompt';
      } else if (this.#state === 'prompt') {
        const all = concat([this.#held, rest]);
        this.#held = NONE;
        rest = this.#afterPrompt(all, prompts);
      } else {
        const end = this.#endOfPrompt(rest, prompts);
        this.#held = concat([this.#held, rest.subarray(0, end ?? rest.length)]);
        rest = end === undefined ? NONE : rest.subarray(end);
        if (end !== undefined) this.#answered();
        else if (this.#held.length > LONGEST_BANNER) rest = this.end();
      }
    }
    return concat([...shown, rest]);
  }

  #answered(): void {
    this.#held = NONE;
    this.#expected--;
    this.#state = this.#expected > 0 ? 'prompt' : 'program';
  }

  /**
   * `all` follows a prompt. Holds it back while it may be the answer; returns it to be shown when it is
   * not, and what follows the raw REPL's banner when it is.
   */
  #afterPrompt(all: Uint8Array, prompts: readonly string[]): Uint8Array {
    for (const answer of answers(prompts)) {
      const both = Math.min(all.length, answer.length);
      if (Buffer.compare(all.subarray(0, both), answer.subarray(0, both)) !== 0) continue;
      if (all.length < answer.length) {
        this.#held = all;
        return NONE;
      }
      this.#state = 'banner';
      return all.subarray(answer.length);
    }
    // A program printed something that looks like a prompt.
    this.#state = 'program';
    return all;
  }

  /** Returns the position after the first prompt on a line of its own; undefined if there is none. */
  #endOfPrompt(bytes: Uint8Array, prompts: readonly string[]): number | undefined {
    const known = this.#tail.length;
    const all = this.#tail + Buffer.from(bytes).toString('latin1');
    const ends = prompts.flatMap((prompt) => {
      const line = `\n${prompt}`;
      const at = all.indexOf(line);
      return at < 0 || at + line.length <= known ? [] : [at + line.length];
    });
    const longest = Math.max(...prompts.map((prompt) => prompt.length));
    this.#tail = ends.length > 0 ? '' : all.slice(-longest);
    return ends.length > 0 ? Math.min(...ends) - known : undefined;
  }
}

/** What a REPL prints up to the end of the raw REPL's banner, with and without the answer to the carriage return. */
function answers(prompts: readonly string[]): Uint8Array[] {
  const returns = ['', ...prompts.map((prompt) => `\r\n${prompt}`)];
  return returns.flatMap((first) =>
    ['\r\n', ''].map((line) => concat([utf8(first + line), RAW_BANNER])),
  );
}
