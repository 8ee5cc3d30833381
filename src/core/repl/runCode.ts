import { pyRepr } from '../python/python';

/**
 * Python that runs a file which is on the board, so that a traceback names it. execfile reads it piece by piece where the
 * port has that; elsewhere the source is compiled under its own name.
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

/** Lines with what all of them are indented by taken away, so that a selection inside a function runs. */
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
