import type { IndexEntry } from './indexSource';

/** `ImportError: no module named 'a.b'`, as MicroPython prints it. */
const MISSING = /ImportError: no module named '([A-Za-z_][\w.]{0,99})'/;

/** Finds the missing module that a line of a traceback names, and its position in the line. */
export function missingModule(
  line: string,
): { readonly name: string; readonly index: number; readonly length: number } | undefined {
  const match = MISSING.exec(line);
  const name = match?.[1];
  if (!match || name === undefined) return undefined;
  return { name, index: match.index, length: match[0].length };
}

/** Returns the package of the index that contains a module: the one of the same name, else that of the module's parent. */
export function packageOf(module: string, entries: readonly IndexEntry[]): IndexEntry | undefined {
  const parts = module.split('.');
  for (let n = parts.length; n > 0; n--) {
    const name = folded(parts.slice(0, n).join('.'));
    const found = entries.find((e) => folded(e.name) === name);
    if (found) return found;
  }
  return undefined;
}

/** Unifies names: the index writes `collections-defaultdict` for the module `collections.defaultdict`, and `-` for `_`. */
function folded(name: string): string {
  return name.toLowerCase().replace(/[-.]/g, '_');
}
