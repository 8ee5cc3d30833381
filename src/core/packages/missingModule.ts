import type { IndexEntry } from './indexSource';

/** `ImportError: no module named 'a.b'`, as MicroPython prints it. */
const MISSING = /ImportError: no module named '([A-Za-z_][\w.]{0,99})'/;

/** The module that a line of a traceback says is not on the board, and where in the line that stands. */
export function missingModule(
  line: string,
): { readonly name: string; readonly index: number; readonly length: number } | undefined {
  const match = MISSING.exec(line);
  const name = match?.[1];
  if (!match || name === undefined) return undefined;
  return { name, index: match.index, length: match[0].length };
}

/** The package of the index that brings a module: that of its own name, else that of the package it is in. */
export function packageOf(module: string, entries: readonly IndexEntry[]): IndexEntry | undefined {
  const parts = module.split('.');
  for (let n = parts.length; n > 0; n--) {
    const name = parts.slice(0, n).join('.').toLowerCase();
    const found = entries.find((e) => e.name.toLowerCase().replaceAll('-', '_') === name);
    if (found) return found;
  }
  return undefined;
}
