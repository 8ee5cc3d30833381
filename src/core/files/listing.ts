import * as l10n from '@vscode/l10n';
import type { Entry, Space, Stat, WalkEntry } from '../boardFiles';
import { ProtocolError } from '../errors';
import { nameFromBoard, parseBytes } from './paths';

/** No board's flash holds more entries, so longer lists are rejected. */
const ENTRY_LIMIT = 200_000;

/** Parses the lines of listVerb.py: `d 0 b'lib'`, `f 12 b'main.py'`. */
export function parseList(lines: readonly string[]): Entry[] {
  bounded(lines);
  return lines.map((line) => {
    const [, type, size, name] = /^([df]) (\d+) (.+)$/.exec(line) ?? [];
    return { type: type === 'd' ? 'dir' : 'file', size: Number(size), name: named(name, line) };
  });
}

/**
 * Parses the answer of statVerb.py: `f 12 790000000`. Times count from the board's `epoch`, in
 * seconds since 1970.
 */
export function parseStat(lines: readonly string[], path: string, epoch: number | undefined): Stat {
  const [, type, size, mtime] = /^([df]) (\d+) (-?\d+)$/.exec(lines[0] ?? '') ?? [];
  if (type === undefined) {
    throw new ProtocolError(l10n.t("The board's answer about {0} is invalid", path));
  }
  return { type: type === 'd' ? 'dir' : 'file', size: Number(size), ...timeOf(mtime, epoch) };
}

/**
 * Returns the modification time. File systems without a clock store 0, and some a time before their
 * epoch.
 */
function timeOf(seconds: string | undefined, epoch: number | undefined): { mtime?: number } {
  const time = Number(seconds ?? 0);
  return epoch === undefined || time <= 0 ? {} : { mtime: time + epoch };
}

/**
 * Parses the lines of walkVerb.py: `/ b'/lib'`, `d b'umqtt'`, `f 12 <sha256 in base64, or ->
 * [modification time] b'main.py'`.
 */
export function parseWalk(lines: readonly string[], epoch?: number): WalkEntry[] {
  bounded(lines);
  const entries: WalkEntry[] = [];
  let folder = '/';
  for (const line of lines) {
    const [, at, sub, size, sum, time, name] =
      /^(?:\/ (.+)|d (.+)|f (\d+) (\S+) (?:(-?\d+) )?(.+))$/.exec(line) ?? [];
    if (at !== undefined) {
      const bytes = parseBytes(at);
      if (!bytes) throw unreadable(line);
      folder = folderFromBoard(bytes);
    } else if (sub !== undefined) {
      entries.push({ path: joined(folder, named(sub, line)), type: 'dir', size: 0 });
    } else {
      const path = joined(folder, named(name, line));
      const sha256 = sum === undefined ? undefined : hexSum(sum);
      const stat = { type: 'file', size: Number(size), ...timeOf(time, epoch) } as const;
      entries.push({ path, ...stat, ...(sha256 ? { sha256 } : {}) });
    }
  }
  return entries;
}

/** Parses the total and the free bytes of a file system. @throws ProtocolError */
export function parseSpace([line = '']: readonly string[]): Space {
  const [, total, free] = /^(\d+) (\d+)$/.exec(line) ?? [];
  if (total === undefined)
    throw new ProtocolError(l10n.t("The board's answer about its free space is invalid"));
  return { total: Number(total), free: Number(free) };
}

/** Converts a SHA-256 from base64 to lower-case hex; undefined for `-` and invalid values. */
export function hexSum(base64: string): string | undefined {
  return /^[A-Za-z0-9+/]{43}=$/.test(base64)
    ? Buffer.from(base64, 'base64').toString('hex')
    : undefined;
}

/** Converts a folder's path name by name, because a name may not be valid text. */
function folderFromBoard(bytes: Uint8Array): string {
  const names: string[] = [];
  let from = 1;
  for (const [at, byte] of bytes.entries()) {
    if (byte !== 0x2f || at === 0) continue;
    names.push(nameFromBoard(bytes.subarray(from, at)));
    from = at + 1;
  }
  if (from < bytes.length) names.push(nameFromBoard(bytes.subarray(from)));
  return `/${names.join('/')}`;
}

function joined(folder: string, name: string): string {
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}

function named(literal: string | undefined, line: string): string {
  const bytes = literal === undefined ? undefined : parseBytes(literal);
  if (!bytes) throw unreadable(line);
  return nameFromBoard(bytes);
}

function bounded(lines: readonly string[]): void {
  if (lines.length > ENTRY_LIMIT)
    throw new ProtocolError(l10n.t('The board lists more files than it can hold'));
}

function unreadable(line: string): ProtocolError {
  return new ProtocolError(
    l10n.t('The board lists an entry that is not a file: {0}', line.slice(0, 80)),
  );
}
