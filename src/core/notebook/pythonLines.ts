/** One logical line of Python. It may span several lines of text, in brackets, in strings or after a backslash. */
export interface LogicalLine {
  /** First and last line of the text that it covers, counted from 0. */
  readonly first: number;
  readonly last: number;
  readonly text: string;
  /** Which of `=`, `:`, `;` occur outside brackets and strings; comparisons and `:=` do not count as `=`. */
  readonly marks: ReadonlySet<string>;
  /** It contains only blanks and a comment. */
  readonly blank: boolean;
}

/** Lines that begin like this are not Python but a magic or a shell command, always one line of text. */
const MAGIC = /^[%!]/;

/**
 * Splits a cell into logical lines. The scanner knows strings, brackets, comments and continued lines, but no more of Python's
 * grammar. Lines that start with `%` or `!` at the beginning of a statement are separate lines.
 */
export function logicalLines(source: string): LogicalLine[] {
  const lines: LogicalLine[] = [];
  const scanner = new Scanner();
  let first = 0;
  let parts: string[] = [];
  for (const [number, line] of source.split(/\r\n|\r|\n/).entries()) {
    const fresh = parts.length === 0;
    parts.push(line);
    const ends = fresh && MAGIC.test(line) ? true : scanner.line(line);
    if (!ends) continue;
    lines.push(finish(first, number, parts, scanner));
    first = number + 1;
    parts = [];
    scanner.reset();
  }
  if (parts.length > 0) lines.push(finish(first, first + parts.length - 1, parts, scanner));
  return lines;
}

function finish(first: number, last: number, parts: readonly string[], scanner: Scanner) {
  const text = parts.join('\n');
  return { first, last, text, marks: scanner.marks, blank: /^\s*(?:#.*)?$/.test(text) };
}

const OPEN = '([{';
const CLOSE = ')]}';

class Scanner {
  #quote = '';
  #depth = 0;
  #marks = new Set<string>();

  get marks(): ReadonlySet<string> {
    return this.#marks;
  }

  reset(): void {
    this.#quote = '';
    this.#depth = 0;
    this.#marks = new Set();
  }

  /** Processes one line of text. @returns whether the logical line ends with it */
  line(line: string): boolean {
    let at = 0;
    while (at < line.length) {
      const char = line.charAt(at);
      if (char === '\\') {
        if (at === line.length - 1) return false;
        at += 2;
      } else if (this.#quote !== '') {
        at += this.#inString(line, at);
      } else if (char === '#') {
        break;
      } else {
        at += this.#inCode(line, at);
      }
    }
    // An unclosed string in single quotes ends at the end of its line, as for the compiler.
    if (this.#quote.length === 1) this.#quote = '';
    return this.#quote === '' && this.#depth === 0;
  }

  #inString(line: string, at: number): number {
    if (!line.startsWith(this.#quote, at)) return 1;
    const { length } = this.#quote;
    this.#quote = '';
    return length;
  }

  #inCode(line: string, at: number): number {
    const char = line.charAt(at);
    if (char === '"' || char === "'") {
      this.#quote = line.startsWith(char.repeat(3), at) ? char.repeat(3) : char;
      return this.#quote.length;
    }
    if (OPEN.includes(char)) this.#depth++;
    else if (CLOSE.includes(char)) this.#depth = Math.max(0, this.#depth - 1);
    // Fast path: most characters are none of these.
    if (this.#depth > 0 || !'=!<>:;'.includes(char)) return 1;
    const comparison = /^(?:[=!<>]=|:=)/.exec(line.slice(at, at + 2))?.[0];
    if (comparison !== undefined) {
      if (comparison === ':=') this.#marks.add(':');
      return 2;
    }
    if (char === '=' || char === ':' || char === ';') this.#marks.add(char);
    return 1;
  }
}
