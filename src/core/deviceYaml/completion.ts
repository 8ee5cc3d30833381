/** A proposal for text in a device file. */
export interface Suggestion {
  readonly label: string;
  readonly detail: string;
}

const DEVICE_KEYS: readonly Suggestion[] = [
  { label: 'uid', detail: 'Unique id of the board (mandatory)' },
  { label: 'resources', detail: 'Files and folders that the board is to have' },
  { label: 'install-dir', detail: 'Where on the board resources go unless they say otherwise' },
  { label: 'libs', detail: 'Folders that resources are searched in (2021 dialect)' },
  { label: 'path', detail: 'Folder that resources are in (later dialect)' },
  { label: 'include-patterns', detail: 'Files that are taken of a folder' },
  { label: 'exclude-patterns', detail: 'Files that are left out of a folder' },
  { label: 'led', detail: 'Pin of the LED that Identify blinks: a number, or a name such as GP25' },
  { label: 'protect', detail: 'Files on the board that a mirror never deletes' },
  { label: 'tags', detail: 'Words that the board can be chosen by' },
];

const RESOURCE_KEYS: readonly Suggestion[] = [
  { label: 'install-dir', detail: 'Where on the board this resource goes' },
  { label: 'unpack', detail: 'true: the content of the folder, without the folder itself' },
  { label: 'lib', detail: 'Folder that this resource is searched in (2021 dialect)' },
  { label: 'path', detail: 'Folder that this resource is in (later dialect)' },
  { label: 'include-patterns', detail: 'Files that are taken of the folder' },
  { label: 'exclude-patterns', detail: 'Files that are left out of the folder' },
];

/** What can be written at a position: keys of a board, keys of a resource, names of resources, or nothing. */
export type Slot = 'device' | 'resource' | 'name' | 'none';

/** Returns what belongs at the end of `before`, the lines up to the cursor. The indentation decides. */
export function slotAt(before: readonly string[]): Slot {
  const line = before.at(-1) ?? '';
  if (indentOf(line) === 0 || /:\s/.test(line.trimStart())) return 'none';
  const above = parents(before);
  const [nearest, next] = above;
  if (nearest === undefined) return 'none';
  if (isItem(line)) return nearest.startsWith('resources:') ? 'name' : 'none';
  if (above.length === 1 && !isItem(nearest)) return 'device';
  return nearest.startsWith('- ') && next?.startsWith('resources:') ? 'resource' : 'none';
}

/** Returns the keys for a slot. */
export function keysFor(slot: Slot): readonly Suggestion[] {
  if (slot === 'device') return DEVICE_KEYS;
  return slot === 'resource' ? RESOURCE_KEYS : [];
}

function indentOf(line: string): number {
  return /^ */.exec(line)?.[0].length ?? 0;
}

/** Returns the lines that contain the last one, the innermost first, without their indentation. */
function parents(lines: readonly string[]): string[] {
  const found: string[] = [];
  const last = lines.at(-1) ?? '';
  let limit = indentOf(last);
  let inList = isItem(last);
  for (const line of lines.slice(0, -1).reverse()) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const own = indentOf(line);
    // The items of a list may have the same indentation as its key.
    if (own < limit || (own === limit && inList && !isItem(line))) {
      found.push(line.trim());
      limit = own;
      inList = isItem(line);
    }
    if (own === 0) break;
  }
  return found;
}

function isItem(line: string): boolean {
  return /^\s*-/.test(line);
}
