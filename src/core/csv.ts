/** Formats a table as in RFC 4180. The first row contains the headings. */
export function toCsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map(csvCell).join(',') + '\r\n').join('');
}

/**
 * Formats a cell. A text that a spreadsheet would take for a formula gets an apostrophe, because it
 * comes from a board and anyone may have written it. Numbers are unchanged.
 */
function csvCell(text: string): string {
  const formula = /^[=+\-@\t\r]/.test(text) && !/^[+-]?\d+(\.\d+)?\s*$/.test(text);
  const safe = formula ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
