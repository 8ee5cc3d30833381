import type { Stat } from '../../core/boardFiles';
import { FileError, ProtocolError } from '../../core/errors';

/** Name or path, "f" or "d", size, time of change (0: unknown), and the hash where it was asked for. */
export type Row = readonly [string, string, number, number, (string | null)?];

/** A size or a count. @throws ProtocolError */
export function size(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new ProtocolError('the board sent a size that is none');
}

/** One entry of a LIST or HASH page. @throws ProtocolError */
export function checkedRow(row: unknown): Row {
  const r: readonly unknown[] = Array.isArray(row) ? row : [];
  const [name, type, n, m, h] = r;
  if (typeof name !== 'string' || typeof type !== 'string') {
    throw new ProtocolError('the board sent a list entry that cannot be read');
  }
  return [name, type, size(n ?? 0), size(m ?? 0), typeof h === 'string' ? h : null];
}

/** What an entry says of its file. */
export function statOf([, type, n, m]: Row): Stat {
  return { type: type === 'd' ? 'dir' : 'file', size: n, ...(m ? { mtime: m } : {}) };
}

/** A name of one entry: nothing that could lead anywhere else (docs/protocol.md section 13). @throws FileError */
export function entryName(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) {
    throw new FileError(
      'EINVAL',
      name,
      `The board lists a file with the name ${JSON.stringify(name)}`,
      {
        hint: 'Rename it on the board (REPL): it cannot be handled safely from here.',
      },
    );
  }
  return name;
}

/** A path below the folder that was asked for, checked part by part. @throws FileError */
export function relativePath(path: string): string {
  path.split('/').forEach(entryName);
  return path;
}

/** SHA-256 in hex. @throws ProtocolError */
export function checkedHash(hash: string): string {
  if (/^[0-9a-f]{64}$/.test(hash)) return hash;
  throw new ProtocolError('the board sent a hash that is none');
}

/** Cuts a list so that each part's JSON stays below `limit` bytes. */
export function* byJsonSize(paths: readonly string[], limit: number): Generator<string[]> {
  let part: string[] = [];
  let used = 0;
  for (const path of paths) {
    const own = Buffer.byteLength(JSON.stringify(path)) + 1;
    if (part.length > 0 && used + own > limit) {
      yield part;
      part = [];
      used = 0;
    }
    part.push(path);
    used += own;
  }
  if (part.length > 0) yield part;
}
