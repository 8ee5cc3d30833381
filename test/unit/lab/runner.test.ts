import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ensure } from '../../lab/ensure.mjs';
import { tempDir } from '../../lab/paths.mjs';
import { watchForStalls } from '../../runner/heartbeat.mjs';
import { count, summary, type Test } from '../../runner/report.mjs';

// What `npm test` itself does: it counts, says what failed and why, and lets no test set up a part of the lab.

const HOUR = Date.UTC(2026, 0, 1, 12);
const test = (name: string, more: Partial<Test> = {}): Test => {
  return { name, state: 'passed', start: HOUR, ms: 1000, ...more };
};

/** Counts a report that a program left and that ended with the given status. */
function counted(status: number, tests: Test[], errors: string[] = []) {
  const path = join(tempDir('report'), 'report.json');
  writeFileSync(path, JSON.stringify({ tests, errors }));
  return count(path, status);
}

describe('a part of the lab that the step does not name', () => {
  it('is refused immediately, with the line to add', async () => {
    await expect(ensure('uboard')).rejects.toThrow(
      "The step 'unit' has not set up 'uboard' before its tests. Add 'uboard' to 'unit' in test/lab/needs.mjs.",
    );
  });
});

describe('the count', () => {
  it('counts skipped tests and failures outside of a test as failed', () => {
    const tests = [test('a'), test('b', { state: 'skipped' }), test('c', { state: 'failed' })];
    expect(counted(1, tests, ['x.test.ts: hook'])).toMatchObject({ passed: 1, failed: 3 });
  });

  it('fails a step without a report, without a test, and with a status that no test explains', () => {
    expect(count(join(tempDir('report'), 'none'), 1)).toMatchObject({ passed: 0, failed: 1 });
    expect(counted(0, [])).toMatchObject({ failed: 1, why: 'there was no test' });
    expect(counted(3, [test('a')])).toMatchObject({ passed: 1, failed: 1 });
    expect(counted(0, [test('a')])).toMatchObject({ passed: 1, failed: 0 });
  });
});

describe('the summary', () => {
  const row = { name: 'boards', seconds: 12, passed: 1, failed: 1 };

  it('ends with one line of figures', () => {
    expect(summary([row], [], 12).at(-1)).toBe('1 passed, 1 failed');
  });

  it('reports that the machine stood still during a failed test', () => {
    const tests = [
      test('early', { state: 'failed', why: 'too late\nmore', start: HOUR - 5000 }),
      test('during', { state: 'failed', why: 'too late\nmore' }),
    ];
    const stalls = [{ from: HOUR + 500, to: HOUR + 3600 }];
    const lines = summary([{ ...row, tests }], stalls, 12);
    expect(lines).toContain('early: too late');
    expect(lines).toContain(
      'during: too late (the machine stood still for 3.1 s from 12:00:00 UTC)',
    );
  });

  it('names the ten slowest tests', () => {
    const tests = Array.from({ length: 12 }, (_, i) => test(`no ${i}`, { ms: i * 1000 }));
    const lines = summary([{ ...row, tests }], [], 12).filter((line) => line.includes(' s  no '));
    expect(lines[0]).toBe('  11.0 s  no 11');
    expect(lines).toHaveLength(10);
  });
});

describe('the heartbeat', () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('notes when the machine stood still, and not that it is slow', () => {
    vi.useFakeTimers({ now: HOUR });
    const said = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const { stalls, stop } = watchForStalls();
    vi.advanceTimersByTime(10_000);
    vi.setSystemTime(HOUR + 11_000);
    vi.advanceTimersByTime(250);
    expect(stalls).toEqual([]);
    vi.setSystemTime(HOUR + 20_000);
    vi.advanceTimersByTime(250);
    expect(stalls).toEqual([{ from: HOUR + 11_250, to: HOUR + 20_250 }]);
    expect(said).toHaveBeenCalledExactlyOnceWith(
      'The machine stood still for 9.0 s from 12:00:11 UTC.',
    );
    stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('a temporary folder has the name by which the runner finds it, and is there', () => {
  const dir = tempDir('runner');
  expect(dir).toMatch(/\/mpyfleet-runner-\w{6}$/);
  expect(existsSync(dir)).toBe(true);
});
