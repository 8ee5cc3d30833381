import * as l10n from '@vscode/l10n';
import { abortable, Deferred, systemClock } from '../async';
import { TimeoutError } from '../errors';
import { DisposableStore } from '../events';
import type { Broker, Presence } from './broker';

/**
 * Waits until the broker reports a state of board `uid` for which `pick` returns a value, and returns the value. Listens from
 * the call on. Returns undefined after `ms` milliseconds; without `ms` there is no limit.
 * @throws CancelledError
 */
export async function nextPresence<T>(
  broker: Pick<Broker, 'onPresence'>,
  uid: string,
  pick: (state: Presence['state']) => T | undefined,
  {
    ms,
    signal,
  }: { readonly ms?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<T | undefined> {
  const found = new Deferred<T | undefined>();
  const store = new DisposableStore();
  store.add(
    broker.onPresence((presence) => {
      const value = presence.uid === uid ? pick(presence.state) : undefined;
      if (value !== undefined) found.resolve(value);
    }),
  );
  if (ms !== undefined) store.add(systemClock.after(ms, () => found.resolve(undefined)));
  try {
    return await abortable(found.promise, signal);
  } finally {
    store.dispose();
  }
}

/** Milliseconds for a board to start, find its network and log in. */
const BIRTH_MS = 90_000;

/**
 * Resolves when the board announces itself at the broker after this call.
 * @throws TimeoutError that says where to look, CancelledError
 */
export async function announced(
  broker: Broker,
  uid: string,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const before = broker.presences.get(uid)?.boot;
  const born = await nextPresence(
    broker,
    uid,
    (state) => (state.on && state.boot !== before) || undefined,
    { ms: BIRTH_MS, signal },
  );
  if (born) return;
  throw new TimeoutError(l10n.t('{0} did not connect to the broker', name), {
    hint: l10n.t(
      "Its REPL shows why. Often the Wi-Fi password is wrong, or the board cannot reach the broker's address.",
    ),
  });
}

/**
 * Resolves when the board is connected to the broker, or after `ms` milliseconds. Without `ms`
 * there is no limit.
 * @throws CancelledError
 */
export async function untilThere(
  broker: Broker,
  uid: string,
  signal: AbortSignal,
  ms?: number,
): Promise<void> {
  if (broker.presences.get(uid)?.on) return;
  await nextPresence(broker, uid, (state) => state.on || undefined, { signal, ms });
}
