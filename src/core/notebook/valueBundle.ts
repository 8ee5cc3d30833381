import type { MimeBundle } from './output';
import { tableHtml, tableOf } from './table';

/** Returns a cell's value as the board printed it, and also as a table if it is one. */
export function valueBundle(value: string): MimeBundle {
  const table = tableOf(value);
  return { 'text/plain': value, ...(table && { 'text/html': tableHtml(table) }) };
}
