import type { BoardResult } from './results';

/** Width of the lines that head a board's section. */
const HEADING_WIDTH = 72;

/** The line above what one board answered: `## Executing on 'kitchen' ####…`. */
export function sectionHeading(doing: string, board: string): string {
  return `## ${doing} on '${oneLine(board)}' `.padEnd(HEADING_WIDTH, '#');
}

/** The text form: a section for each board, then what it printed and how it failed. */
export function resultsToText(doing: string, results: readonly BoardResult[]): string {
  return results.map((r) => resultToText(doing, r)).join('\n');
}

/** One board's section, ending in a line break. */
export function resultToText(doing: string, result: BoardResult): string {
  const parts = [sectionHeading(doing, result.board) + '\n'];
  if (result.output !== '') parts.push(withNewline(result.output));
  if (result.error) {
    parts.push(
      withNewline(
        result.error.traceback?.replaceAll('\r\n', '\n') ??
          `${result.error.code}: ${result.error.message}`,
      ),
    );
  } else if (result.status !== 'ok') parts.push(`(${result.status})\n`);
  return parts.join('');
}

/** All of it as one JSON array, for scripts. */
export function resultsToJson(results: readonly BoardResult[]): string {
  return JSON.stringify(results, undefined, 2) + '\n';
}

const COLUMNS = ['board', 'id', 'status', 'ms', 'output', 'error', 'message'] as const;

/** A table as RFC 4180 has it, with a line of headings. */
export function resultsToCsv(results: readonly BoardResult[]): string {
  const rows = results.map((r) => [
    r.board,
    r.id,
    r.status,
    r.ms === undefined ? '' : String(r.ms),
    r.output,
    r.error?.code ?? '',
    r.error ? (r.error.traceback?.replaceAll('\r\n', '\n') ?? r.error.message) : '',
  ]);
  return [[...COLUMNS], ...rows].map((row) => row.map(csvCell).join(',') + '\r\n').join('');
}

/**
 * A cell of a table. What a spreadsheet would take for a formula gets an apostrophe first, since the text comes from a
 * board and anybody may have written it; numbers stay as they are.
 */
function csvCell(text: string): string {
  const formula = /^[=+\-@\t\r]/.test(text) && !/^[+-]?\d+(\.\d+)?\s*$/.test(text);
  const safe = formula ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- a name from a board must not move the terminal's cursor
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}
