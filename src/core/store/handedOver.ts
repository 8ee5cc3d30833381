import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent, replaceFile } from '../localFiles';
import type { AuditBoard, AuditEntry } from './model';

/*
 * SQLite in WebAssembly takes a third of a second to start, as long as uploading a small file. A command line therefore leaves each
 * entry as a file in a folder next to the history. The next program that opens the history adds all of them to it.
 */

/**
 * Maximum number of waiting entries. If there are more, the command line opens the history itself,
 * which adds them all.
 */
const MOST_WAITING = 100;
const ENTRY = /^[0-9]+-[0-9a-f]+\.json$/;

const folderOf = (history: string) => `${history}.waiting`;

/**
 * Leaves an operation for the history in the file `history`.
 * @returns false if too many are waiting, and nothing was left
 * @throws the system's error, such as that of a full disk
 */
export async function handOver(history: string, entry: AuditEntry): Promise<boolean> {
  const folder = folderOf(history);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length >= MOST_WAITING) return false;
  const name = `${entry.at}-${randomBytes(8).toString('hex')}.json`;
  await replaceFile(join(folder, name), JSON.stringify(entry), { mode: 0o600 });
  return true;
}

/** Operations that wait for the history, and a function that removes them after they were added. */
export interface HandedOver {
  readonly entries: readonly AuditEntry[];
  remove(): void;
}

/**
 * Reads the operations that wait for the history in the file `history`. Sets aside a file that does
 * not contain an operation.
 * @throws the system's error
 */
export function readHandedOver(history: string): HandedOver {
  const folder = folderOf(history);
  const read = namesIn(folder).map((name) => ({ name, entry: readEntry(join(folder, name)) }));
  for (const { name, entry } of read) {
    if (entry === 'damaged') renameSync(join(folder, name), join(folder, `${name}.damaged`));
  }
  return {
    entries: read.flatMap(({ entry }) => (typeof entry === 'string' ? [] : [entry])),
    remove: () => {
      for (const { name } of read) rmSync(join(folder, name), { force: true });
    },
  };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => ENTRY.test(name))
      .sort();
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** Reads an entry. `gone`: another process has taken it in the meantime. */
function readEntry(path: string): AuditEntry | 'damaged' | 'gone' {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return 'gone';
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    return isEntry(value) ? value : 'damaged';
  } catch {
    return 'damaged'; // not JSON
  }
}

function isEntry(value: unknown): value is AuditEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { at, who, origin, what, ms, boards } = value as Partial<Record<keyof AuditEntry, unknown>>;
  const isTexts = [who, origin, what].every((text) => typeof text === 'string');
  const isNumbers = [at, ms].every((number) => Number.isFinite(number));
  return isTexts && isNumbers && Array.isArray(boards) && boards.every(isBoard);
}

function isBoard(value: unknown): value is AuditBoard {
  if (typeof value !== 'object' || value === null) return false;
  const {
    uid = '',
    name,
    status,
    error = '',
  } = value as Partial<Record<keyof AuditBoard, unknown>>;
  return [uid, name, status, error].every((text) => typeof text === 'string');
}
