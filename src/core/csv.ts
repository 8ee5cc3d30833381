/** A table as RFC 4180 has it. The first row is the line of headings. */
export function toCsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map(csvCell).join(',') + '\r\n').join('');
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
