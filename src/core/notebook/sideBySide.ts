import { escapeMarkup } from './table';

/** Output of one group of boards. */
export interface Column {
  readonly head: string;
  readonly text: string;
}

/** Largest number of columns; more would be too narrow to read. */
const COLUMN_LIMIT = 6;
/** Longer output is easier to read in sequence, in characters of all columns. */
const TEXT_LIMIT = 100_000;
// Colours of terminals, which tracebacks contain. ESC begins each.
// eslint-disable-next-line no-control-regex
const COLOURS = /\x1b\[[\d;]*m/g;

/** Returns outputs in columns as HTML; undefined if they are better shown in sequence: one, very many, or very long ones. */
export function sideBySide(columns: readonly Column[]): string | undefined {
  const length = columns.reduce((sum, { text }) => sum + text.length, 0);
  if (columns.length < 2 || columns.length > COLUMN_LIMIT || length > TEXT_LIMIT) return undefined;
  const row = (tag: string, cell: (column: Column) => string) =>
    `<tr>${columns.map((c) => `<${tag} style="text-align:left;vertical-align:top">${cell(c)}</${tag}>`).join('')}</tr>`;
  const output = ({ text }: Column) =>
    `<pre style="white-space:pre-wrap">${escapeMarkup(text.replace(COLOURS, '').trimEnd())}</pre>`;
  return `<table><thead>${row('th', ({ head }) => escapeMarkup(head))}</thead><tbody>${row('td', output)}</tbody></table>`;
}
