/** Statements after which the REPL waits for a block (MicroPython's repl.c, mp_repl_continue_with_input). */
const COMPOUND = /^\s*(@|if\b|while\b|for\b|try\b|with\b|def\b|class\b|async\b|match\b)/;

/**
 * Returns whether the prompt would show `... ` after this input: a compound statement without a final empty
 * line, an open bracket, an open triple-quoted string, or a trailing backslash.
 */
export function needsMore(source: string): boolean {
  const { depth, inText } = scan(source);
  if (inText || depth > 0 || /\\\n?$/.test(source)) return true;
  return COMPOUND.test(source) && !endsWithEmptyLine(source);
}

function endsWithEmptyLine(source: string): boolean {
  const lines = source.replace(/\n$/, '').split('\n');
  return lines.length > 1 && lines.at(-1)?.trim() === '';
}

/** Returns the depth of open brackets, and whether the end is inside a triple-quoted string. */
function scan(source: string): { depth: number; inText: boolean } {
  let depth = 0;
  let quote = '';
  for (let i = 0; i < source.length; i++) {
    const c = source[i] ?? '';
    if (quote !== '') {
      if (c === '\\') i++;
      else if (source.startsWith(quote, i)) {
        i += quote.length - 1;
        quote = '';
      } else if (c === '\n' && quote.length === 1) quote = '';
    } else if (c === '#') {
      while (i + 1 < source.length && source[i + 1] !== '\n') i++;
    } else if (c === "'" || c === '"') {
      quote = source.startsWith(c.repeat(3), i) ? c.repeat(3) : c;
      i += quote.length - 1;
    } else if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c)) depth--;
  }
  return { depth, inText: quote.length === 3 };
}
