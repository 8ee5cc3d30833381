import type { Entry, WalkEntry } from '../boardFiles';
import { ProtocolError } from '../errors';
import { nameFromBoard, parseBytes } from './paths';

/** A board's flash holds no more; what claims to is not believed. */
const ENTRY_LIMIT = 200_000;

/** Entries from the lines of listVerb.py: `d 0 b'lib'`, `f 12 b'main.py'`. */
export function parseList(lines: readonly string[]): Entry[] {
  bounded(lines);
  return lines.map((line) => {
    const [, type, size, name] = /^([df]) (\d+) (.+)$/.exec(line) ?? [];
    return { type: type === 'd' ? 'dir' : 'file', size: Number(size), name: named(name, line) };
  });
}

/** Entries from the lines of walkVerb.py: `/ b'/lib'`, `d b'umqtt'`, `f 12 <sha256 in base64, or -> b'main.py'`. */
export function parseWalk(lines: readonly string[]): WalkEntry[] {
  bounded(lines);
  const entries: WalkEntry[] = [];
  let folder = '/';
  for (const line of lines) {
    const [, at, sub, size, sum, name] = /^(?:\/ (.+)|d (.+)|f (\d+) (\S+) (.+))$/.exec(line) ?? [];
    if (at !== undefined) {
      const bytes = parseBytes(at);
      if (!bytes) throw unreadable(line);
      folder = Buffer.from(bytes).toString('utf8');
    } else if (sub !== undefined) {
      entries.push({ path: joined(folder, named(sub, line)), type: 'dir', size: 0 });
    } else {
      const path = joined(folder, named(name, line));
      const sha256 = sum === undefined ? undefined : hexSum(sum);
      entries.push({ path, type: 'file', size: Number(size), ...(sha256 ? { sha256 } : {}) });
    }
  }
  return entries;
}

/** Lower-case hex of a SHA-256 in base64; undefined for `-` and anything that is none. */
export function hexSum(base64: string): string | undefined {
  return /^[A-Za-z0-9+/]{43}=$/.test(base64)
    ? Buffer.from(base64, 'base64').toString('hex')
    : undefined;
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
    throw new ProtocolError('The board lists more files than it can hold');
}

function unreadable(line: string): ProtocolError {
  return new ProtocolError(`The board lists something that is no file: ${line.slice(0, 80)}`);
}
