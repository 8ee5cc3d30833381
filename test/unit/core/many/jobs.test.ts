import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../../src/core/async';
import { CancelledError, TimeoutError } from '../../../../src/core/errors';
import { forEachBoard, unfinished, type JobProgress } from '../../../../src/core/many/jobs';

/** Time that moves only when the test advances it. */
class HandClock implements Clock {
  #now = 0;
  readonly #waiting = new Set<{ at: number; action: () => void }>();
  now = () => this.#now;
  after = (ms: number, action: () => void) => {
    const entry = { at: this.#now + ms, action };
    this.#waiting.add(entry);
    return { dispose: () => void this.#waiting.delete(entry) };
  };
  advance(ms: number) {
    this.#now += ms;
    for (const entry of [...this.#waiting]) {
      if (entry.at > this.#now) continue;
      this.#waiting.delete(entry);
      entry.action();
    }
  }
}

const never = () => new Promise<never>(() => undefined);
const turns = async (n = 20) => {
  for (let i = 0; i < n; i++) await Promise.resolve();
};
const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new CancelledError()));
  });

describe('one work on many boards', () => {
  it('returns one outcome for each board, in order, despite failures', async () => {
    const outcomes = await forEachBoard([1, 2, 3, 4], async (n) => {
      await turns(10 - n);
      if (n === 2) throw new Error('dead');
      return n * n;
    });
    expect(outcomes.map((o) => o.status)).toEqual(['ok', 'failed', 'ok', 'ok']);
    expect(outcomes.map((o) => (o.status === 'ok' ? o.value : 0))).toEqual([1, 0, 9, 16]);
    expect(unfinished(outcomes)).toEqual([2]);
  });

  it('counts work that throws synchronously as failed', async () => {
    const [outcome] = await forEachBoard([1], () => {
      throw new Error('early');
    });
    expect(outcome).toMatchObject({ status: 'failed', error: { message: 'early' } });
  });

  it('never has more boards at work than allowed', async () => {
    let atWork = 0;
    let most = 0;
    await forEachBoard(
      Array.from({ length: 50 }, (_, i) => i),
      async () => {
        most = Math.max(most, ++atWork);
        await turns(3);
        atWork--;
      },
      { concurrency: 7 },
    );
    expect(most).toBe(7);
  });

  it('fails a board that takes too long, and only that one', async () => {
    const clock = new HandClock();
    const done = forEachBoard(
      ['slow', 'fast'],
      (name, signal) => (name === 'slow' ? aborted(signal) : Promise.resolve(name)),
      { timeoutMs: 5000, clock },
    );
    await turns();
    clock.advance(5000);
    const [slow, fast] = await done;
    expect(slow).toMatchObject({ status: 'failed', ms: 5000 });
    expect(slow?.status === 'failed' && slow.error).toBeInstanceOf(TimeoutError);
    expect(fast).toMatchObject({ status: 'ok', value: 'fast' });
  });

  it('abandons work that does not end after cancellation', async () => {
    const clock = new HandClock();
    const done = forEachBoard(['hung'], never, { timeoutMs: 1000, clock });
    await turns();
    clock.advance(1000);
    await turns();
    clock.advance(10_000);
    expect(await done).toMatchObject([{ status: 'failed', error: { name: 'TimeoutError' } }]);
  });

  it('stops running work and skips waiting work when it is cancelled', async () => {
    const cancel = new AbortController();
    const started: number[] = [];
    const done = forEachBoard(
      [1, 2, 3],
      (n, signal) => {
        started.push(n);
        return aborted(signal);
      },
      { concurrency: 2, signal: cancel.signal },
    );
    await turns();
    cancel.abort();
    expect((await done).map((o) => o.status)).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect(started).toEqual([1, 2]);
  });

  it('reports the progress of each board', async () => {
    const seen: string[] = [];
    const note = (p: JobProgress<string, string>) => void seen.push(`${p.board} ${p.status}`);
    const work = (b: string) => (b === 'b' ? Promise.reject(new Error('x')) : Promise.resolve(b));
    await forEachBoard(['a', 'b'], work, { concurrency: 1, onProgress: note });
    expect(seen).toEqual(['a running', 'a ok', 'b running', 'b failed']);
  });
});
