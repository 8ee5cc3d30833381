import { describe, expect, it } from 'vitest';
import { pieces, scaleOf } from '../../../media/src/parts/chart';

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
