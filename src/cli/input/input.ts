import type { Disposable } from '../../core/events';

/**
 * Standard input: a terminal's keys or the data of a pipe. Reads nothing before there is a
 * listener.
 */
export interface CliInput {
  /**
   * Whether this is a terminal with this process in the foreground, so that single keys can be
   * read.
   */
  readonly isTerminal: boolean;
  /**
   * Hands over what comes; a terminal is switched to single keys, without echo, until the answer is disposed. `onEnd` is
   * called once, when the pipe has ended.
   */
  listen(onData: (chunk: Uint8Array) => void, onEnd: () => void): Disposable;
  /** Reads everything up to the end. */
  readAll(): Promise<Uint8Array>;
}
