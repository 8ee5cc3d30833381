import { readFile } from 'node:fs/promises';
import { orAbsent, replaceFile } from '../localFiles';
import type { PendingStore } from './pendingJobs';

/**
 * Stores waiting jobs in a file that only its owner may read, because jobs contain code and files.
 */
export function pendingFile(path: string): PendingStore {
  return {
    load: () => orAbsent(readFile(path, 'utf8'), undefined),
    save: (json) => replaceFile(path, json, { mode: 0o600 }),
  };
}
