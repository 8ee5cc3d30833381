import { toCsv } from '../csv';
import type { BoardResult } from './results';

/** Width of the heading of a board's section. */
const HEADING_WIDTH = 72;

/** Returns the heading above a board's answer: `## Executing on 'kitchen' ####…`. */
export function sectionHeading(doing: string, board: string): string {
  return `## ${doing} on '${oneLine(board)}' `.padEnd(HEADING_WIDTH, '#');
}

/** Formats results as text: a section per board with its output and error. */
export function resultsToText(doing: string, results: readonly BoardResult[]): string {
  return results.map((r) => resultToText(doing, r)).join('\n');
}

/** Returns one board's section, ending in a line break. */
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

/** Formats all results as one JSON array, for scripts. */
export function resultsToJson(results: readonly BoardResult[]): string {
  return JSON.stringify(results, undefined, 2) + '\n';
}

const COLUMNS = ['board', 'id', 'status', 'ms', 'output', 'error', 'message'] as const;

/** Formats a table as in RFC 4180, with a header line. */
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
  return toCsv([[...COLUMNS], ...rows]);
}

function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- a name from a board must not move the terminal's cursor
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}
