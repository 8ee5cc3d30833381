import { PythonLiterals, type PythonValue } from '../python/pythonLiterals';

/** Rows of cells as text; `numeric` columns are right-aligned. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Length in characters above which a value is shown only as text. */
const TEXT_LIMIT = 200_000;
const ROW_LIMIT = 1_000;
const COLUMN_LIMIT = 50;

/**
 * Parses a value's text as a table: a list of dicts with the same keys, or of tuples or lists of the same length (two or more).
 * Returns undefined for other values.
 */
export function tableOf(text: string): Table | undefined {
  if (!text.startsWith('[') || text.length > TEXT_LIMIT) return undefined;
  const value = literal(text);
  if (!Array.isArray(value) || value.length < 2 || value.length > ROW_LIMIT) return undefined;
  return ofDicts(value as readonly PythonValue[]) ?? ofTuples(value as readonly PythonValue[]);
}

function literal(text: string): PythonValue | undefined {
  try {
    const { value, end } = new PythonLiterals(text, 0, new Map()).expression();
    return text.slice(end).trim() === '' ? value : undefined;
  } catch {
    return undefined; // a value that is not a literal (`<object …>`) is shown as text
  }
}

function isDict(
  v: PythonValue,
): v is { readonly dict: readonly (readonly [PythonValue, PythonValue])[] } {
  return typeof v === 'object' && v !== null && 'dict' in v;
}

function ofDicts(values: readonly PythonValue[]): Table | undefined {
  const dicts = values.filter(isDict);
  const [first] = dicts;
  if (!first || dicts.length < values.length) return undefined;
  const head = first.dict.map(([key]) => cellText(key));
  if (head.length === 0 || head.length > COLUMN_LIMIT) return undefined;
  const rows = dicts.map(({ dict }) => {
    const cells = new Map(dict.map(([key, v]) => [cellText(key), cellText(v)]));
    return cells.size === head.length ? head.map((key) => cells.get(key)) : [undefined];
  });
  const whole = rows.filter((row): row is string[] => row.every((c) => c !== undefined));
  return whole.length === rows.length ? { head, rows: whole } : undefined;
}

function ofTuples(values: readonly PythonValue[]): Table | undefined {
  const rows = values.filter((v): v is readonly PythonValue[] => Array.isArray(v));
  const width = rows[0]?.length ?? 0;
  if (rows.length < values.length || width < 2 || width > COLUMN_LIMIT) return undefined;
  if (rows.some((r) => r.length !== width)) return undefined;
  const head = Array.from({ length: width }, (_, i) => String(i));
  return { head, rows: rows.map((r) => r.map(cellText)) };
}

function cellText(value: PythonValue): string {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (isDict(value)) {
    return `{${value.dict.map(([k, v]) => `${cellText(k)}: ${cellText(v)}`).join(', ')}}`;
  }
  return `[${value.map(cellText).join(', ')}]`;
}

/** Formats the table as HTML. Its content comes from a board and is escaped. */
export function tableHtml({ head, rows }: Table): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((c) => `<${tag}>${escapeMarkup(c)}</${tag}>`).join('')}</tr>`;
  const body = rows.map((r) => line(r, 'td')).join('');
  return `<table><thead>${line(head, 'th')}</thead><tbody>${body}</tbody></table>`;
}

/** Escapes text for HTML and SVG. */
export function escapeMarkup(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return (
    text
      .replace(/[&<>"']/g, (c) => names[c] ?? c)
      // eslint-disable-next-line no-control-regex -- they may not be in XML at all
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
  );
}
