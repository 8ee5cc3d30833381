import * as l10n from '@vscode/l10n';
import { abortable, Deferred, systemClock, type Clock } from '../async';
import { FleetError, TimeoutError, WentBackError } from '../errors';
import { DisposableStore } from '../events';
import type { Broker } from './broker';

/**
 * Milliseconds for three round trips through the broker over a minute, and for a slow start with
 * Wi-Fi and TLS.
 */
const CONFIRM_MS = 5 * 60_000;

/** What a board tries after a restart. */
export type Tried = 'agent' | 'firmware';

/**
 * Starts to listen, and resolves when the board has confirmed its new agent or firmware.
 * @param started the boot id of the start that tries it. A message of another start counts for nothing: the board has signed it as
 * well, and anyone who has recorded it can publish it again.
 * @param limitMs the longest wait
 * @throws WentBackError when the board went back to the old one, TimeoutError when it sends nothing
 */
export async function confirmed(
  broker: Pick<Broker, 'onMessage'>,
  uid: string,
  tried: Tried,
  started: Promise<string>,
  { signal, limitMs = CONFIRM_MS, clock = systemClock }: ConfirmOptions = {},
): Promise<void> {
  const said = new Deferred<undefined>();
  const store = new DisposableStore();
  const event = tried === 'agent' ? 'agent' : 'ota';
  store.add(
    broker.onMessage(({ uid: who, topic, data }) => {
      if (who !== uid || topic !== 'ev' || data.ev !== event) return;
      if (data.state === 'confirmed') {
        void started.then((boot) => data.boot === boot && said.resolve(undefined));
      }
      if (data.state === 'rolledback' || data.state === 'fellback') said.reject(wentBack(tried));
    }),
  );
  store.add(clock.after(limitMs, () => said.reject(silent(tried))));
  try {
    await abortable(said.promise, signal ?? new AbortController().signal);
  } finally {
    store.dispose();
  }
}

/** Cancellation and time limit, in milliseconds, of the wait. */
export interface ConfirmOptions {
  readonly signal?: AbortSignal;
  readonly limitMs?: number;
  readonly clock?: Clock;
}

function wentBack(tried: Tried): FleetError {
  const words =
    tried === 'agent'
      ? l10n.t('The board went back to its old agent because the new one did not work')
      : l10n.t('The board went back to its old firmware because the new one did not work');
  return new WentBackError(words, { hint: l10n.t('Check its log, then try again.') });
}

function silent(tried: Tried): FleetError {
  const words =
    tried === 'agent'
      ? l10n.t('The board has not confirmed its new agent')
      : l10n.t('The board has not confirmed its new firmware');
  return new TimeoutError(words, {
    hint: l10n.t(
      'If it cannot reach its broker, it goes back to the old one. Its log shows the reason.',
    ),
  });
}
