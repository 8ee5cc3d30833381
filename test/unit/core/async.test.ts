import { expect, it } from 'vitest';
import { Deferred, abortable, systemClock, within } from '../../../src/core/async';
import { CancelledError } from '../../../src/core/errors';

// vitest fails a run with an unhandled rejection.
it.each([
  ['before', AbortSignal.abort()],
  ['while', AbortSignal.timeout(1)],
])('work that fails after a signal was aborted %s it began disturbs nothing', async (_, signal) => {
  const work = new Deferred<never>();
  await expect(abortable(Promise.race([work.promise]), signal)).rejects.toThrow();
  work.reject(new Error('late'));
  await new Promise((resolve) => void setImmediate(resolve));
});

it('an aborted wait throws CancelledError, or the reason that was given', async () => {
  const never = new Deferred<never>().promise;
  await expect(abortable(never, AbortSignal.abort())).rejects.toBeInstanceOf(CancelledError);
  const reason = new Error('the board left');
  await expect(abortable(never, AbortSignal.abort(reason))).rejects.toBe(reason);
});

it('a wait with a time limit ends with what comes first, and with a cancellation', async () => {
  const never = new Deferred<string>().promise;
  expect(await within(systemClock, 60_000, Promise.resolve('done'), 'late')).toBe('done');
  expect(await within(systemClock, 1, never, 'late')).toBe('late');
  const cancelled = within(systemClock, 60_000, never, 'late', AbortSignal.abort());
  await expect(cancelled).rejects.toBeInstanceOf(CancelledError);
});
