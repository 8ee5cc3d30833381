import { logicalLines } from './pythonLines';

/** A part of a cell. `line` is its first line in the cell, counted from 0. */
export type CellPart =
  | { readonly kind: 'code'; readonly code: string; readonly line: number }
  | {
      readonly kind: 'magic';
      /** With its `%`: `%connect`. */
      readonly name: string;
      readonly rest: string;
      readonly line: number;
    }
  | { readonly kind: 'shell'; readonly command: string; readonly line: number };

/** A parsed cell. */
export type Cell =
  | { readonly kind: 'parts'; readonly parts: readonly CellPart[] }
  | {
      readonly kind: 'cellMagic';
      /** With its `%%`: `%%connect`. */
      readonly name: string;
      readonly rest: string;
      readonly body: string;
      /** First line of the body in the cell, counted from 0. */
      readonly bodyLine: number;
    };

/**
 * Parses a cell as IPython does: `%%name` in the first line applies to the whole cell. Elsewhere, lines starting with `%` or `!`
 * are magics and shell commands, and the rest is code. `%name?` means `%name -h`.
 */
export function parseCell(source: string): Cell {
  const whole = /^(?:[ \t]*\r?\n)*(%%[A-Za-z_]\w*)(\?)?[ \t]*([^\r\n]*)(?:\r\n|\r|\n|$)/.exec(
    source,
  );
  if (whole) {
    const [head, name = '', help, rest = ''] = whole;
    const bodyLine = head.split(/\r\n|\r|\n/).length - 1;
    const body = source.slice(head.length);
    return { kind: 'cellMagic', name, rest: help ? '-h' : rest.trim(), body, bodyLine };
  }
  return { kind: 'parts', parts: partsOf(source) };
}

function partsOf(source: string): CellPart[] {
  const parts: CellPart[] = [];
  let code: string[] = [];
  let begin = 0;
  let blank = true;
  const flush = () => {
    if (!blank) parts.push({ kind: 'code', code: code.join('\n'), line: begin });
    code = [];
    blank = true;
  };
  for (const logical of logicalLines(source)) {
    const other = magicOf(logical.text, logical.first);
    if (other) {
      flush();
      parts.push(other);
      continue;
    }
    if (code.length === 0) begin = logical.first;
    code.push(logical.text);
    blank &&= logical.blank;
  }
  flush();
  return parts;
}

function magicOf(text: string, line: number): CellPart | undefined {
  if (text.startsWith('!')) return { kind: 'shell', command: text.slice(1).trim(), line };
  if (!text.startsWith('%')) return undefined;
  const [, name = '%', help, rest = ''] = /^(%{1,2}\w*)(\?)?([^]*)$/.exec(text) ?? [];
  return { kind: 'magic', name, rest: help ? '-h' : rest.trim(), line };
}
