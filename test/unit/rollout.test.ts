import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { Clock } from '../../src/core/async';
import { Rollout, wavesOf, type RolloutPlan, type RolloutSteps } from '../../src/core/many/rollout';

/** A clock on which every pause is over at once: time goes as fast as the code runs. */
class HastyClock implements Clock {
  #now = 0;
  now = () => this.#now;
  after = (ms: number, action: () => void) => {
    let off = false;
    // Only the pauses of the health check; the limit of a whole board is far away.
    if (ms <= 1000) {
      queueMicrotask(() => {
        if (off) return;
        this.#now += ms;
        action();
      });
    }
    return { dispose: () => void (off = true) };
  };
}

/** A scripted fleet: what each board has, and how it behaves. */
class Boards implements RolloutSteps<number> {
  readonly content = new Map<number, 'old' | 'new' | 'settled'>();
  readonly log: string[] = [];
  constructor(
    private readonly how: { sick?: number[]; broken?: number[]; slow?: number[]; stuck?: number[] },
  ) {}
  #asked = new Map<number, number>();
  apply(board: number) {
    this.log.push(`apply ${board}`);
    this.content.set(board, 'new');
    return this.how.broken?.includes(board)
      ? Promise.reject(new Error('no space'))
      : Promise.resolve();
  }
  healthy(board: number) {
    const asked = (this.#asked.get(board) ?? 0) + 1;
    this.#asked.set(board, asked);
    if (this.how.slow?.includes(board)) return Promise.resolve(asked > 3);
    return Promise.resolve(!this.how.sick?.includes(board));
  }
  rollBack(board: number) {
    this.log.push(`back ${board}`);
    if (this.how.stuck?.includes(board)) return Promise.reject(new Error('gone'));
    this.content.set(board, 'old');
    return Promise.resolve();
  }
  settle(board: number) {
    this.content.set(board, 'settled');
    return Promise.resolve();
  }
}

const ten = Array.from({ length: 10 }, (_, i) => i);
const plan: RolloutPlan = { canaries: 1, waves: [0.5], healthMs: 5000, concurrency: 2 };
const run = async (boards: Boards, more: Partial<RolloutPlan> = {}, signal?: AbortSignal) => {
  const rollout = new Rollout(ten, boards, { ...plan, ...more }, undefined, new HastyClock());
  const end = await rollout.run(signal ?? new AbortController().signal);
  return { end, steps: rollout.rows.map((r) => r.step), rows: rollout.rows };
};

describe('waves', () => {
  it.each([
    [10, { canaries: 1, waves: [0.5] }, [1, 4, 5]],
    [10, {}, [1, 9]],
    [1, { canaries: 3 }, [1]],
    [100, { canaries: 2, waves: [0.1, 0.5] }, [2, 8, 40, 50]],
    [10, { canaries: 5, waves: [0.2] }, [5, 5]],
  ])('%i boards, %j', (n, how, sizes) => {
    const all = Array.from({ length: n }, (_, i) => i);
    expect(wavesOf(all, how).map((w) => w.length)).toEqual(sizes);
  });

  it('leave no board out and take none twice', () => {
    const parts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 });
    fc.assert(
      fc.property(fc.nat(200), fc.nat(20), parts, (n, canaries, waves) => {
        const all = Array.from({ length: n }, (_, i) => i);
        expect(wavesOf(all, { canaries, waves }).flat()).toEqual(all);
      }),
    );
  });
});

describe('a roll-out', () => {
  it('goes to all boards, the canary first, and settles', async () => {
    const boards = new Boards({ slow: [4] });
    expect(await run(boards)).toMatchObject({ end: 'done', steps: ten.map(() => 'well') });
    expect(boards.log[0]).toBe('apply 0');
    expect([...boards.content.values()]).toEqual(ten.map(() => 'settled'));
  });

  it('stops at a sick canary: no other board is touched', async () => {
    const boards = new Boards({ sick: [0] });
    const { end, steps, rows } = await run(boards);
    expect(end).toBe('rolledBack');
    expect(boards.log).toEqual(['apply 0', 'back 0']);
    expect(steps).toEqual(['rolledBack', ...ten.slice(1).map(() => 'waiting')]);
    expect(rows[0]?.error?.message).toMatch(/health check stayed false/);
  });

  it('gives every touched board its old files back when a later wave fails', async () => {
    const boards = new Boards({ broken: [3] });
    const { end, steps } = await run(boards);
    expect(end).toBe('rolledBack');
    expect(steps.slice(0, 5)).toEqual(ten.slice(0, 5).map(() => 'rolledBack'));
    expect(steps.slice(5)).toEqual(ten.slice(5).map(() => 'waiting'));
    expect([...boards.content.values()].every((c) => c === 'old')).toBe(true);
  });

  it('goes on over as many failures as are tolerated, and puts those boards back', async () => {
    const boards = new Boards({ sick: [3] });
    const { end, steps } = await run(boards, { tolerated: 1 });
    expect(end).toBe('done');
    expect(steps.filter((s) => s === 'well')).toHaveLength(9);
    expect(boards.content.get(3)).toBe('old');
  });

  it('names a board that could not be put back', async () => {
    const { steps, rows } = await run(new Boards({ sick: [0], stuck: [0] }));
    expect(steps[0]).toBe('stuck');
    expect(rows[0]?.error?.message).toBe('gone');
  });

  it('puts back what was done when it is called off', async () => {
    const cancel = new AbortController();
    const boards = new Boards({});
    const apply = boards.apply.bind(boards);
    boards.apply = (board) => {
      if (board === 2) cancel.abort();
      return apply(board);
    };
    const { end, steps } = await run(boards, {}, cancel.signal);
    expect(end).toBe('cancelled');
    expect(new Set(steps)).toEqual(new Set(['rolledBack', 'waiting']));
    expect([...boards.content.values()].every((c) => c === 'old')).toBe(true);
  });
});
