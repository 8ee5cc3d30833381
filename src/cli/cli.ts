import type { Log } from '../core/log';
import type { Options } from './options';

/** What a verb works with: the world outside the program, so that tests can give it another one. */
export interface Cli {
  readonly options: Options;
  /** Results. */
  out(data: Uint8Array | string): void;
  /** Words for people: errors, progress. */
  err(text: string): void;
  /** Standard input to its end. */
  readInput(): Promise<Uint8Array>;
  /** Someone sees `err` on a terminal, so that progress may be drawn. */
  readonly interactive: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** Runs one verb; gives the exit status. */
export type VerbRun = (cli: Cli, args: readonly string[]) => Promise<number>;

/** `text` without what would steer a terminal: it may come from a board. Line breaks and tabs stay. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}
