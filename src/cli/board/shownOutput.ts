import { utf8 } from '../../core/bytes';
import { TerminalFilter } from '../../core/repl';
import type { Cli } from '../cli';

/**
 * Returns a filter for the output of one board on the terminal of `cli`: it removes sequences that
 * affect the computer (clipboard, title, links, answers of the terminal) and keeps colours and
 * cursor movement. A file or a pipe gets every byte.
 */
export function shownOutput({ columns }: Cli): (chunk: Uint8Array) => Uint8Array {
  if (columns === undefined) return (chunk) => chunk;
  const decoder = new TextDecoder();
  const filter = new TerminalFilter();
  return (chunk) => utf8(filter.take(decoder.decode(chunk, { stream: true })));
}
