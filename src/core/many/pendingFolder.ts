import { createHash } from 'node:crypto';
import { mkdirSync, watch } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asError } from '../errors';
import type { Disposable } from '../events';
import { whileLocked } from '../fileLock';
import { orAbsent, replaceFile } from '../localFiles';
import type { PendingStore } from './pendingJobs';

/** Matches the name of a job's file: its id. */
const FILE = /^(\d{13}-[\w-]{1,80})\.json$/;

/**
 * Stores waiting jobs in a folder that all windows and `mpyfleet watch` share. Each job has a file
 * that only its owner may read, because jobs contain code and files. A lock for each board lets
 * only one process work on its jobs.
 */
export class PendingFolder implements PendingStore {
  constructor(private readonly folder: string) {}

  async ids(): Promise<readonly string[]> {
    const names = await orAbsent(readdir(this.folder), []);
    return names.flatMap((name) => FILE.exec(name)?.[1] ?? []).sort();
  }

  read(id: string): Promise<string | undefined> {
    return orAbsent(readFile(this.#file(id), 'utf8'), undefined);
  }

  async write(id: string, json: string): Promise<void> {
    await replaceFile(this.#file(id), json, { mode: 0o600 });
  }

  async remove(id: string): Promise<void> {
    await rm(this.#file(id), { force: true });
  }

  alone<T>(uid: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    // An id comes from a board, so it is not used as a file's name.
    const name = createHash('sha256').update(uid).digest('hex').slice(0, 32);
    return whileLocked(join(this.folder, 'locks', name), work, { signal });
  }

  follow(changed: () => void, onError: (error: Error) => void): Disposable {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    try {
      const watcher = watch(this.folder, { persistent: false }, (_event, name) => {
        if (name === null || FILE.test(name)) changed();
      });
      watcher.on('error', onError);
      return { dispose: () => watcher.close() };
    } catch (error) {
      // If the system has no watches left, the folder is read when a board returns.
      onError(asError(error));
      return { dispose: () => undefined };
    }
  }

  #file(id: string): string {
    return join(this.folder, `${id}.json`);
  }
}

/**
 * Imports the jobs from a file of earlier versions. If several windows do so at the same time, it
 * happens once.
 */
export async function moveOldJobs(file: string, store: PendingStore): Promise<void> {
  if ((await orAbsent(readFile(file, 'utf8'), undefined)) === undefined) return;
  await whileLocked(`${file}.lock`, async () => {
    const json = await orAbsent(readFile(file, 'utf8'), undefined);
    if (json === undefined) return;
    const jobs = JSON.parse(json) as { id?: unknown; at?: unknown }[];
    for (const [i, job] of jobs.entries()) {
      const at = Date.parse(String(job.at)) || 0;
      const id = `${String(at).padStart(13, '0')}-${String(i).padStart(4, '0')}-moved`;
      await store.write(id, JSON.stringify(job));
    }
    await rm(file);
  });
}
