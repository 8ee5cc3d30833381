import { pyRepr } from '../python/python';

/**
 * Returns Python code that runs a file on the board under its own name, for tracebacks. execfile
 * reads the file in pieces if the port has it; otherwise the source is compiled as a whole.
 */
export function runFileCode(path: string): string {
  const name = pyRepr(path);
  return [
    'try:',
    ' __run = execfile',
    'except NameError:',
    ' def __run(p):',
    '  with open(p) as f:',
    "   exec(compile(f.read(), p, 'exec'), globals())",
    `__run(${name})`,
    '',
  ].join('\n');
}

/** Removes the common indentation of all lines, so that a selection inside a function runs. */
export function dedent(code: string): string {
  const lines = code.split(/\r?\n/);
  const indents = lines.filter((l) => l.trim() !== '').map((l) => /^[ \t]*/.exec(l)?.[0] ?? '');
  const common = indents.reduce((a, b) => commonPrefix(a, b), indents[0] ?? '');
  return lines.map((l) => (l.trim() === '' ? '' : l.slice(common.length))).join('\n');
}

function commonPrefix(a: string, b: string): string {
  let n = 0;
  while (n < a.length && a[n] === b[n]) n++;
  return a.slice(0, n);
}
