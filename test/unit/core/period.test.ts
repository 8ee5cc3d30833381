import { describe, expect, it } from 'vitest';
import { periodProblem, rangeOf, readPeriod } from '../../../src/core/period';

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

describe('a period', () => {
  it.each([
    ['hour', { from: NOW - HOUR }],
    ['day', { from: NOW - 24 * HOUR }],
    ['week', { from: NOW - 168 * HOUR }],
    ['month', { from: NOW - 720 * HOUR }],
    ['all', {}],
  ] as const)('%s ends now', (name, range) => {
    // Times that were entered for "between" do not count for other periods.
    expect(rangeOf({ name, from: 1, to: 2 }, NOW)).toEqual(range);
  });

  it('between two times includes the last minute, and each end can be open', () => {
    expect(rangeOf({ name: 'between', from: 60_000, to: 120_000 }, NOW)).toEqual({
      ...{ from: 60_000, to: 180_000 },
    });
    expect(rangeOf({ name: 'between', to: 0 }, NOW)).toEqual({ to: 60_000 });
    expect(rangeOf({ name: 'between' }, NOW)).toEqual({});
  });

  it.each([
    [{ from: 2, to: 1 }, 'order'],
    [{ from: NaN }, 'time'],
    [{ from: 1, to: NaN }, 'time'],
    [{ from: 1, to: 1 }, undefined],
    [{ to: 1 }, undefined],
  ])('%j: %s', (times, problem) => {
    expect(periodProblem(times)).toBe(problem);
  });

  it.each([
    [
      { name: 'between', from: 1, to: 2, more: 3 },
      { name: 'between', from: 1, to: 2 },
    ],
    [{ name: 'week', from: 'x', to: Infinity }, { name: 'week' }],
    [{ name: 'between', from: 2, to: 1 }, undefined],
    [{ name: 'constructor' }, undefined],
    ['week', undefined],
    [null, undefined],
  ])('of a page is checked: %j', (sent, period) => {
    expect(readPeriod(sent)).toEqual(period);
  });
});
