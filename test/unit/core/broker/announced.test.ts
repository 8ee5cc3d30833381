import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Presence } from '../../../../src/core/broker/broker';
import { nextPresence } from '../../../../src/core/broker/announced';
import { CancelledError } from '../../../../src/core/errors';
import { Emitter } from '../../../../src/core/events';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const on = { on: true } as Presence['state'];
const gone = { on: false } as Presence['state'];

/** A broker that reports what the test fires, and counts its listeners. */
function reporting() {
  const presence = new Emitter<Presence>();
  let listeners = 0;
  const onPresence: typeof presence.event = (listener) => {
    listeners++;
    const heard = presence.event(listener);
    return {
      dispose: () => {
        listeners--;
        heard.dispose();
      },
    };
  };
  return { onPresence, presence, listeners: () => listeners };
}

it('returns the value picked from the first matching state of that board', async () => {
  const broker = reporting();
  const next = nextPresence(broker, 'a1', (state) => (state.on ? state : undefined));
  broker.presence.fire({ uid: 'b2', state: on });
  broker.presence.fire({ uid: 'a1', state: gone });
  broker.presence.fire({ uid: 'a1', state: on });
  expect(await next).toBe(on);
  expect(broker.listeners()).toBe(0);
});

it('returns undefined after the limit, and stops listening', async () => {
  const broker = reporting();
  const next = nextPresence(broker, 'a1', () => true, { ms: 3_000 });
  vi.advanceTimersByTime(2_999);
  expect(broker.listeners()).toBe(1);
  vi.advanceTimersByTime(1);
  expect(await next).toBeUndefined();
  expect(broker.listeners()).toBe(0);
});

it('rejects on cancellation, and leaves no timer', async () => {
  const broker = reporting();
  const cancelled = new AbortController();
  const next = nextPresence(broker, 'a1', () => true, { ms: 3_000, signal: cancelled.signal });
  cancelled.abort();
  await expect(next).rejects.toBeInstanceOf(CancelledError);
  expect(broker.listeners()).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
