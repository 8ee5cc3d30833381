import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { delay, systemClock, type Clock } from './async';
import { orAbsent } from './localFiles';

/** Milliseconds between two renewals by the owner. */
const RENEW_MS = 5_000;
/** Milliseconds without a renewal after which the owner counts as dead. */
const STALE_MS = 30_000;
/** Milliseconds between two looks at the lock by a waiting process. */
const POLL_MS = 100;

/** `staleMs`: milliseconds without a renewal after which an owner counts as dead. */
export interface LockOptions {
  /** Aborts the wait. */
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
  readonly staleMs?: number;
}

/**
 * Runs `work` while no other process of this computer holds the lock file `path`; waits until it is free. The lock of a process
 * that was killed is removed 30 seconds later.
 * @throws CancelledError when `signal` is aborted during the wait; errors of `work`
 */
export async function whileLocked<T>(
  path: string,
  work: () => Promise<T>,
  { signal, clock = systemClock, staleMs = STALE_MS }: LockOptions = {},
): Promise<T> {
  const own = randomUUID();
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  let seen: string | undefined;
  let since = clock.now();
  while (!(await take(path, own))) {
    const owner = await ownerOf(path);
    // The clock stops while the computer sleeps, so an owner that slept as well keeps its lock.
    if (owner !== seen) [seen, since] = [owner, clock.now()];
    else if (owner !== undefined && clock.now() - since > staleMs) {
      await removeStale(path, owner, own);
    }
    await delay(clock, POLL_MS, signal);
  }
  let timer = clock.after(RENEW_MS, renew);
  function renew(): void {
    timer = clock.after(RENEW_MS, renew);
    const now = new Date();
    // If this fails, others take the lock after a while.
    utimes(path, now, now).catch(() => undefined);
  }
  try {
    return await work();
  } finally {
    timer.dispose();
    if ((await orAbsent(readFile(path, 'utf8'), '')) === own) await rm(path, { force: true });
  }
}

/** Creates the lock file. @returns false if another process has it */
async function take(path: string, own: string): Promise<boolean> {
  try {
    await writeFile(path, own, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Returns a value that changes with each owner and each renewal; undefined without a lock. */
async function ownerOf(path: string): Promise<string | undefined> {
  const found = await orAbsent(stat(path), undefined);
  return found && `${found.ino} ${found.mtimeMs}`;
}

/** Removes the lock of `owner`. Another process may have replaced it in the meantime; then it is put back. */
async function removeStale(path: string, owner: string, own: string): Promise<void> {
  const aside = `${path}.${own}`;
  if (
    !(await orAbsent(
      rename(path, aside).then(() => true),
      false,
    ))
  )
    return;
  if ((await ownerOf(aside)) !== owner) {
    await link(aside, path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }
  await rm(aside, { force: true });
}
