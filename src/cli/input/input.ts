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
   * Passes on input as it arrives. A terminal delivers single keys, without echo, until the result
   * is disposed. `onEnd` is called once, at the end of a pipe.
   */
  listen(onData: (chunk: Uint8Array) => void, onEnd: () => void): Disposable;
  /** Reads everything up to the end. */
  readAll(): Promise<Uint8Array>;
}
