import * as l10n from '@vscode/l10n';
import type { Stat } from '../../core/boardFiles';
import { FileError, ProtocolError } from '../../core/errors';

/**
 * Name or path, "f" or "d", size in bytes, modification time (0: unknown), and the hash if
 * requested.
 */
export type Row = readonly [string, string, number, number, (string | null)?];

/** Checks a size or a count. @throws ProtocolError */
export function size(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new ProtocolError(l10n.t('the board sent an invalid size'));
}

/** Checks one entry of a LIST or HASH page. @throws ProtocolError */
export function checkedRow(row: unknown): Row {
  const r: readonly unknown[] = Array.isArray(row) ? row : [];
  const [name, type, n, m, h] = r;
  if (typeof name !== 'string' || typeof type !== 'string') {
    throw new ProtocolError(l10n.t('the board sent a list entry that cannot be read'));
  }
  return [name, type, size(n ?? 0), size(m ?? 0), typeof h === 'string' ? h : null];
}

/** Converts an entry to the file's Stat. */
export function statOf([, type, n, m]: Row): Stat {
  return { type: type === 'd' ? 'dir' : 'file', size: n, ...(m ? { mtime: m } : {}) };
}

/**
 * Validates an entry's name: it must not lead elsewhere (docs/protocol.md section 14).
 * @throws FileError
 */
export function entryName(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) {
    throw new FileError(
      'EINVAL',
      name,
      l10n.t('The board has a file with the name {0}', JSON.stringify(name)),
      {
        hint: l10n.t("Rename it in the board's REPL: this name cannot be handled safely."),
      },
    );
  }
  return name;
}

/** Validates a path below the requested folder, part by part. @throws FileError */
export function relativePath(path: string): string {
  path.split('/').forEach(entryName);
  return path;
}

/** Returns a hash if it is a SHA-256 in hex. @throws ProtocolError */
export function checkedHash(hash: string): string {
  if (/^[0-9a-f]{64}$/.test(hash)) return hash;
  throw new ProtocolError(l10n.t('the board sent an invalid hash'));
}

/** Splits a list so that the JSON of each part stays below `limit` bytes. */
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
