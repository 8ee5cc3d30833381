import * as l10n from '@vscode/l10n';
import type { BoardFiles, Entry } from '../boardFiles';
import { throwIfAborted } from '../async';
import { text } from '../bytes';
import { FileError } from '../errors';
import { isStartFile, splitStartLines } from './startLines';
import { under } from './paths';

/** Scope of a wipe, and its progress. */
export interface WipeOptions {
  /**
   * Keeps the agent, its configuration and its start lines, because the board is reached through
   * it.
   */
  readonly keepAgent: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number, path: string) => void;
}

/** `removed`: number of files and folders. */
export interface WipeResult {
  readonly removed: number;
  /**
   * Names that remain: the agent, other file systems, and files that the firmware does not release.
   */
  readonly left: readonly string[];
}

/** The agent's folder, and the files that set it up. */
const AGENT = /^mpyfleet(?:$|_)/i;

/**
 * Deletes all files of a board's default file system without keeping a copy. Other mounted file
 * systems, such as a card, are not touched.
 */
export async function wipe(files: BoardFiles, options: WipeOptions): Promise<WipeResult> {
  const { signal, keepAgent, onProgress } = options;
  const { home } = await files.places(signal);
  const entries = await files.list(home, signal);
  const left: string[] = [];
  let removed = 0;
  const own = home === '/' ? await files.space('/', signal) : undefined;
  for (const [done, entry] of entries.entries()) {
    throwIfAborted(signal);
    const path = under(home, `/${entry.name}`);
    onProgress?.(done, entries.length, path);
    const isAgents = keepAgent && AGENT.test(entry.name);
    if (isAgents || (own && (await isMounted(files, path, entry, own, signal)))) {
      left.push(entry.name);
    } else if (keepAgent && isStartFile(path) && (await startsAgent(files, path, signal))) {
      // A write keeps the lines that start the agent.
      await files.write(path, new Uint8Array(), { signal });
      removed += 1;
    } else if (await removes(files, path, signal)) removed += 1;
    else left.push(entry.name);
  }
  onProgress?.(entries.length, entries.length, home);
  return { removed, left };
}

/** Describes the result in one line. */
export function wipeSummary({ removed, left }: WipeResult): string {
  const done =
    removed === 1
      ? l10n.t('1 file or folder deleted')
      : l10n.t('{0} files and folders deleted', removed);
  return left.length === 0 ? done : `${done}; ${l10n.t('not deleted: {0}', left.join(', '))}`;
}

async function startsAgent(
  files: BoardFiles,
  path: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  return splitStartLines(text(await files.read(path, { signal }))).lines !== '';
}

/**
 * Returns whether a folder is a mount point: its file system has another total size than the root.
 */
async function isMounted(
  files: BoardFiles,
  path: string,
  { type }: Entry,
  own: { readonly total: number; readonly free: number },
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (type !== 'dir') return false;
  const { total } = await files.space(path, signal);
  return total !== own.total;
}

/**
 * Removes a file or folder.
 * @returns false for files that the firmware creates and protects, such as CircuitPython's
 * `boot_out.txt`
 */
async function removes(
  files: BoardFiles,
  path: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    await files.remove(path, { recursive: true, signal });
    return true;
  } catch (error) {
    if (error instanceof FileError && ['EROFS', 'EPERM', 'EBUSY'].includes(error.errno)) {
      return false;
    }
    throw error;
  }
}
