import { text } from '../bytes';

/** An entry of a tar archive. `content` is a view into the archive. */
export interface TarEntry {
  readonly path: string;
  readonly type: 'file' | 'folder' | 'other';
  readonly content: Uint8Array;
}

const BLOCK = 512;

/**
 * Reads a tar archive: POSIX ustar with pax headers, and GNU's long names. Paths are returned unchecked.
 * @throws Error when the archive is damaged
 */
export function readTar(tar: Uint8Array): TarEntry[] {
  const entries: TarEntry[] = [];
  let longPath: string | undefined;
  for (let at = 0; at + BLOCK <= tar.length;) {
    const head = tar.subarray(at, at + BLOCK);
    if (head.every((byte) => byte === 0)) break;
    checkSum(head);
    const size = octal(head, 124, 12);
    const start = at + BLOCK;
    if (start + size > tar.length) throw new Error('the archive ends within a file');
    const content = tar.subarray(start, start + size);
    at = start + Math.ceil(size / BLOCK) * BLOCK;
    const type = String.fromCharCode(head[156] ?? 0);
    if (type === 'x') longPath = paxPath(content) ?? longPath;
    else if (type === 'L') longPath = field(content, 0, content.length);
    else if (type !== 'g') {
      entries.push({ path: longPath ?? nameOf(head), type: kindOf(type), content });
      longPath = undefined;
    }
  }
  return entries;
}

function kindOf(type: string): TarEntry['type'] {
  if (type === '0' || type === '\0') return 'file';
  return type === '5' ? 'folder' : 'other';
}

/** Checks the sum of the header's bytes, in which the checksum field itself counts as spaces. @throws Error */
function checkSum(head: Uint8Array): void {
  const sum = head.reduce((all, byte, i) => all + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  if (sum !== octal(head, 148, 8)) throw new Error('a header of the archive is damaged');
}

function nameOf(head: Uint8Array): string {
  const name = field(head, 0, 100);
  const prefix = field(head, 257, 5) === 'ustar' ? field(head, 345, 155) : '';
  // GNU tar uses the prefix field for other data; its magic ends in spaces.
  return prefix && head[262] === 0 ? `${prefix}/${name}` : name;
}

/** Returns the path in a pax header: records `LENGTH key=value\n`, where the length covers the whole record. */
function paxPath(content: Uint8Array): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < content.length;) {
    const length = Number.parseInt(field(content, at, 10), 10);
    if (!(length > 0)) throw new Error('an extended header of the archive is damaged');
    const record = text(content.subarray(at, at + length));
    const value = /^\d+ path=([^]*)\n$/.exec(record)?.[1];
    path = value ?? path;
    at += length;
  }
  return path;
}

function octal(bytes: Uint8Array, at: number, length: number): number {
  const digits = field(bytes, at, length).trim();
  if (!/^[0-7]{1,11}$/.test(digits)) throw new Error('a number of the archive is damaged');
  return Number.parseInt(digits, 8);
}

/** Returns the text up to the first NUL. */
function field(bytes: Uint8Array, at: number, length: number): string {
  const part = bytes.subarray(at, at + length);
  const end = part.indexOf(0);
  return text(end < 0 ? part : part.subarray(0, end));
}
