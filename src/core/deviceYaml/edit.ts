import { stringify } from 'yaml';

/** Appends a new board with an empty list of resources to `text`, which is otherwise unchanged. */
export function addDevice(text: string, name: string, uid: string): string {
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  const gap = before.trim() === '' ? '' : '\n';
  return before + gap + stringify({ [name]: { uid, resources: [] } }, { version: '1.1' });
}
