import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Clock } from '../../../../src/core/async';
import { CancelledError } from '../../../../src/core/errors';
import { whileLocked } from '../../../../src/core/fileLock';
import { moveOldJobs, PendingFolder } from '../../../../src/core/many/pendingFolder';
import { PendingJobs, type PendingJob } from '../../../../src/core/many/pendingJobs';
import { tempDir } from '../../../lab/paths.mjs';

/** One of several processes that share a folder. */
function process(folder: string, perform: (job: PendingJob) => Promise<void>) {
  const errors: string[] = [];
  const jobs = new PendingJobs(
    new PendingFolder(folder),
    perform,
    (error) => void errors.push(error.message),
  );
  onTestFinished(() => jobs.dispose());
  return { jobs, errors };
}

describe('waiting jobs in a folder that several processes share', () => {
  it('run once, in order, by one process at a time', async () => {
    const folder = join(tempDir('waiting'), 'waiting');
    const done: string[] = [];
    let running = 0;
    const perform = async (job: PendingJob) => {
      expect(++running).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      done.push(job.what);
      running--;
    };
    const all = Array.from({ length: 4 }, () => process(folder, perform));
    const [window, watch] = all;
    if (!window || !watch) throw new Error('unreachable');
    await watch.jobs.load();
    for (let i = 0; i < 12; i++)
      await window.jobs.add('../u1', 'kitchen', { kind: 'read', expression: String(i) });
    await Promise.all(all.map(({ jobs }) => jobs.boardIsBack('../u1')));
    expect(done).toEqual(Array.from({ length: 12 }, (_, i) => `Read ${i}`));
    expect(all.flatMap(({ errors }) => errors)).toEqual([]);
    expect(readdirSync(folder)).toEqual(['locks']);
    expect(readdirSync(join(folder, 'locks'))).toEqual([]);
  });

  it('appear and disappear in the other processes, and only their owner may read them', async () => {
    const folder = join(tempDir('waiting'), 'waiting');
    const [window, watch] = [1, 2].map(() => process(folder, () => Promise.resolve()));
    if (!window || !watch) throw new Error('unreachable');
    await watch.jobs.load();
    const { id } = await window.jobs.add('u1', 'kitchen', { kind: 'setClock' });
    const shown = () => watch.jobs.for('u1').map((j) => [j.board, j.what]);
    await expect.poll(() => shown()).toEqual([['kitchen', 'Set the clock']]);
    expect(statSync(join(folder, `${id}.json`)).mode & 0o777).toBe(0o600);
    await window.jobs.remove(id);
    await expect.poll(() => shown()).toEqual([]);
  });

  it('are left to the process that can do them', async () => {
    const folder = join(tempDir('waiting'), 'waiting');
    const without = process(folder, () => Promise.reject(new Error('no key')));
    const done: string[] = [];
    const other = process(folder, ({ what }) => Promise.resolve(void done.push(what)));
    await without.jobs.add('u1', 'kitchen', { kind: 'setClock' });
    await Promise.all([without.jobs.boardIsBack('u1'), other.jobs.boardIsBack('u1')]);
    expect([done, without.errors]).toEqual([['Set the clock'], ['no key']]);
  });

  it('are taken over from the file of earlier versions', async () => {
    const folder = tempDir('waiting');
    const old = join(folder, 'pending.json');
    const at = (n: number) => ({ at: `2026-01-0${n}T00:00:00.000Z`, action: { kind: 'setClock' } });
    const two = { id: 'b', uid: 'u1', board: 'second', ...at(2) };
    writeFileSync(old, JSON.stringify([{ id: 'a', uid: 'u1', board: 'first', ...at(1) }, two]));
    const { jobs } = process(join(folder, 'waiting'), () => Promise.resolve());
    const store = new PendingFolder(join(folder, 'waiting'));
    await Promise.all([moveOldJobs(old, store), moveOldJobs(old, store)]);
    await jobs.load();
    expect(jobs.all.map((j) => j.board)).toEqual(['first', 'second']);
    expect(existsSync(old)).toBe(false);
  });
});

/** A clock on which time passes only while its owner waits. @param tick called at the end of each wait */
function ownClock(tick: () => void = () => undefined): Clock {
  let time = 0;
  return {
    now: () => time,
    after: (ms, action) => {
      const waiting = setImmediate(() => {
        time += ms;
        tick();
        action();
      });
      return { dispose: () => clearImmediate(waiting) };
    },
  };
}

describe('a lock file', () => {
  it('of a process that was killed is removed after 30 s, by one of those that wait', async () => {
    const path = join(tempDir('lock'), 'lock');
    writeFileSync(path, 'of a process that was killed');
    let inside = 0;
    let done = 0;
    const work = async () => {
      expect(++inside).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
      done++;
    };
    const clocks = Array.from({ length: 5 }, () => ownClock());
    await Promise.all(clocks.map((clock) => whileLocked(path, work, { clock })));
    expect([done, existsSync(path)]).toEqual([5, false]);
    expect(Math.max(...clocks.map((clock) => clock.now()))).toBeGreaterThan(30_000);
  });

  it('that its owner renews is not removed', async () => {
    const path = join(tempDir('lock'), 'lock');
    writeFileSync(path, 'alive');
    const ended = new AbortController();
    let ticks = 0;
    const clock = ownClock(() => {
      if (++ticks % 50 === 0) utimesSync(path, ticks, ticks);
      if (ticks === 1_000) ended.abort();
    });
    const waits = whileLocked(path, () => Promise.resolve(), { clock, signal: ended.signal });
    await expect(waits).rejects.toThrow(CancelledError);
    expect(clock.now()).toBeGreaterThan(90_000);
  });
});
