import { describe, expect, it } from 'vitest';
import { clock, pieces, scaleOf } from '../../../media/src/parts/chart';

describe('the axis of a chart', () => {
  it('goes from zero to the total, so that a small change looks small', () => {
    expect(scaleOf(498, 499, 512)).toEqual({ from: 0, to: 512 });
    expect(scaleOf(3, 9, undefined)).toEqual({ from: 0, to: 9 });
    expect(scaleOf(0, 0, undefined)).toEqual({ from: 0, to: 1 });
  });
  it('goes below zero for a signal', () => {
    expect(scaleOf(-71, -60, undefined)).toEqual({ from: -90, to: -50 });
  });
});

it('a board that was away leaves a gap in its line', () => {
  const at = (...times: number[]) => times.map((t) => ({ at: t }));
  expect(pieces(at(0, 60, 120, 900, 960))).toEqual([at(0, 60, 120), at(900, 960)]);
  expect(pieces(at(5))).toEqual([at(5)]);
});

it('the time axis is in the time zone of the board, if it has one', () => {
  const at = Date.UTC(2026, 10, 28, 23, 30);
  const local = new Date(Date.UTC(2026, 10, 29, 5, 0)).toLocaleTimeString([], {
    ...{ timeStyle: 'short', timeZone: 'UTC' },
  } as const);
  expect(clock(at, 1_000, 330)).toBe(`${local} +05:30`);
  expect(clock(at, 100_000_000, 330)).toMatch(/29.*\+05:30$/);
  expect(clock(at, 1_000)).not.toContain('+');
});
