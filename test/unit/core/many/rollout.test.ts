import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { Clock } from '../../../../src/core/async';
import { airPlan, parseWaves } from '../../../../src/core/many/agentRollout';
import {
  Rollout,
  wavesOf,
  type RolloutPlan,
  type RolloutSteps,
} from '../../../../src/core/many/rollout';

/** A clock on which every pause ends at once: time passes as fast as the code runs. */
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

/** A scripted fleet: the content of each board, and how it behaves. */
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

it('says how long a board still has to become healthy', async () => {
  const left: (number | undefined)[] = [];
  const boards = new Boards({ slow: [0] });
  const rollout = new Rollout(
    [0],
    boards,
    { healthMs: 5000 },
    (row) => row.step === 'checking' && left.push(row.leftMs),
    new HastyClock(),
  );
  expect(await rollout.run(new AbortController().signal)).toBe('done');
  expect(left).toEqual([5000, 4000, 3000, 2000]);
});

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
  it('updates all boards, the canary first, and ends', async () => {
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

  it('restores the old files of every touched board when a later wave fails', async () => {
    const boards = new Boards({ broken: [3] });
    const { end, steps } = await run(boards);
    expect(end).toBe('rolledBack');
    expect(steps.slice(0, 5)).toEqual(ten.slice(0, 5).map(() => 'rolledBack'));
    expect(steps.slice(5)).toEqual(ten.slice(5).map(() => 'waiting'));
    expect([...boards.content.values()].every((c) => c === 'old')).toBe(true);
  });

  it('continues while failures are within the limit, and restores those boards', async () => {
    const boards = new Boards({ sick: [3] });
    const { end, steps } = await run(boards, { tolerated: 1 });
    expect(end).toBe('done');
    expect(steps.filter((s) => s === 'well')).toHaveLength(9);
    expect(boards.content.get(3)).toBe('old');
  });

  it('names a board that could not be restored', async () => {
    const { steps, rows } = await run(new Boards({ sick: [0], stuck: [0] }));
    expect(steps[0]).toBe('stuck');
    expect(rows[0]?.error?.message).toBe('gone');
  });

  it('restores the touched boards when it is cancelled', async () => {
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

describe('a roll-out of what boards confirm themselves', () => {
  const boards = Array.from({ length: 20 }, (_, i) => i);
  const run = async (broken: number[], mostFailed: number) => {
    const fleet = new Boards({ broken });
    const pace = { canaries: 1, waves: [0.5], mostFailed, concurrency: 1 };
    const rollout = new Rollout(boards, fleet, airPlan(pace), undefined, new HastyClock());
    const end = await rollout.run(new AbortController().signal);
    const steps = (step: string) => rollout.rows.filter((r) => r.step === step).length;
    return { end, fleet, failed: steps('failed'), well: steps('well'), waiting: steps('waiting') };
  };

  it('continues while few boards fail, and stops within a wave when more do; nothing is restored', async () => {
    const few = await run([3], 0.1);
    expect(few).toMatchObject({ end: 'done', failed: 1, well: 19, waiting: 0 });
    const many = await run([2, 3, 4, 7], 0.1);
    expect(many).toMatchObject({ end: 'stopped', failed: 3, well: 2, waiting: 15 });
    const first = await run([0], 0);
    expect(first).toMatchObject({ end: 'stopped', failed: 1, well: 0, waiting: 19 });
    for (const { fleet } of [few, many, first]) {
      expect(fleet.log.filter((line) => line.startsWith('back'))).toEqual([]);
    }
  });

  it('reads waves of numbers and percentages', () => {
    const sizes = (text: string, count: number) => {
      const all = Array.from({ length: count }, (_, i) => i);
      return wavesOf(all, parseWaves(text, count)).map((w) => w.length);
    };
    expect(sizes('1,10%,50%', 100)).toEqual([1, 9, 40, 50]);
    expect(sizes('7%', 100)).toEqual([7, 93]);
    expect(sizes('2, 5', 8)).toEqual([2, 3, 3]);
    expect(sizes('100%', 3)).toEqual([3]);
    expect(sizes('50', 3)).toEqual([3]);
    for (const wrong of ['', '0', '10,5', '150%', 'x', '1,,2', '-1']) {
      expect(() => parseWaves(wrong, 10)).toThrow(/waves/);
    }
  });
});
