import { isMap, parseDocument, stringify, type Document } from 'yaml';
import { UsageError } from '../errors';

/** `text` with a new board at its end: an empty list of resources to fill in. What is there stays as it is. */
export function addDevice(text: string, name: string, uid: string): string {
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  const gap = before.trim() === '' ? '' : '\n';
  return before + gap + stringify({ [name]: { uid, resources: [] } }, { version: '1.1' });
}

/**
 * `text` after `change`: comments, order and keys that this product does not know survive.
 * @throws UsageError when the file has mistakes of syntax, which must be put right by hand first
 */
export function editDeviceFile(text: string, change: (document: Document) => void): string {
  const document = parseDocument(text, { version: '1.1', uniqueKeys: false, merge: false });
  const [error] = document.errors;
  if (error) throw new UsageError(`The device file cannot be edited: ${error.message}`);
  if (document.contents !== null && !isMap(document.contents)) {
    throw new UsageError('The device file cannot be edited: it is no map of boards');
  }
  change(document);
  return document.toString({ lineWidth: 0 });
}
