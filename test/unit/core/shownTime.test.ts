import { expect, it } from 'vitest';
import { fieldTime, shownMinute, shownTime } from '../../../src/core/shownTime';

/** 9 March 2026, 07:05:30, in this computer's time. */
const at = new Date(2026, 2, 9, 7, 5, 30).getTime();

it("formats a time in this computer's zone", () => {
  expect(shownTime(at)).toBe('2026-03-09 07:05:30');
});

it('leaves out the day of a time of today', () => {
  expect(shownMinute(at, at + 3_600_000)).toBe('07:05');
  expect(shownMinute(at, at + 24 * 3_600_000)).toBe('2026-03-09 07:05');
});

it('formats a time as a field for date and time holds it', () => {
  expect(fieldTime(at)).toBe('2026-03-09T07:05');
  expect(Date.parse(fieldTime(at))).toBe(at - 30_000);
});
