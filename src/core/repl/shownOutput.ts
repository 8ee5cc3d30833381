import { utf8 } from '../bytes';
import { PromptTracker } from './rawReplPrompt';

const NONE = new Uint8Array();
/** Ends the output of code in the raw REPL; a traceback or the next one follows. The friendly REPL prints no such byte. */
// eslint-disable-next-line no-control-regex
const RAW_FRAME_END = /\x04(?=\x04|Traceback|$)/;

/**
 * Selects the part of a board's output that the terminal shows. While a program is being stopped,
 * it shows output only up to the first prompt, because later output answers keys that the user has
 * not typed. Once the board is at its prompt, the terminal shows one.
 */
export class ShownOutput {
  #state: 'everything' | 'upToPrompt' | 'nothing' = 'everything';
  /** The end of the output received while looking for a prompt, which may arrive in pieces. */
  #tail = '';
  readonly #screen = new PromptTracker();

  /** Shows output from now on up to the first prompt, or up to the end of code in the raw REPL. */
  upToPrompt(): void {
    if (this.#state === 'everything') this.#state = 'upToPrompt';
  }

  /** Shows everything again. */
  everything(): void {
    this.#state = 'everything';
    this.#tail = '';
  }

  /** Returns the part of `bytes` to show. `prompts`: all prompts that the REPL may print. */
  filter(bytes: Uint8Array, prompts: readonly string[]): Uint8Array {
    const seen = this.#state === 'nothing' ? NONE : bytes.subarray(0, this.#end(bytes, prompts));
    this.#screen.feed(seen);
    return seen;
  }

  /**
   * Returns what the terminal must show when the board is at `prompt`, which was not shown; nothing
   * if it already shows a prompt.
   */
  atPrompt(prompt: string): Uint8Array {
    const { atPrompt, text } = this.#screen;
    if (atPrompt || text.startsWith(prompt)) return NONE;
    const line = utf8(text === '' ? prompt : `\r\n${prompt}`);
    this.#screen.learn(prompt);
    this.#screen.feed(line);
    return line;
  }

  /** Returns how many of `bytes` to show. */
  #end(bytes: Uint8Array, prompts: readonly string[]): number {
    if (this.#state === 'everything') return bytes.length;
    const known = this.#tail.length;
    const all = this.#tail + Buffer.from(bytes).toString('latin1');
    const ends = prompts.flatMap((prompt) => {
      const line = `\n${prompt}`;
      const at = all.indexOf(line);
      return at < 0 ? [] : [at + line.length];
    });
    const raw = RAW_FRAME_END.exec(all);
    if (raw) ends.push(raw.index);
    if (ends.length === 0) {
      this.#tail = all.slice(-Math.max(...prompts.map((p) => p.length)));
      return bytes.length;
    }
    this.#state = 'nothing';
    return Math.max(0, Math.min(...ends) - known);
  }
}
