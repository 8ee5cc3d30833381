import { Deferred, systemClock, type Clock } from '../../core/async';
import type { Fleet } from '../../core/board';

/**
 * Longest wait in milliseconds for the board of a restored editor: several port scans, and the
 * answers of brokers.
 */
const APPEAR_MS = 5000;

/**
 * Resolves when `there` returns true, or after the time in which a plugged-in board would have been
 * found.
 */
export async function boardAppears(
  fleet: Fleet,
  there: () => boolean,
  clock: Clock = systemClock,
): Promise<void> {
  if (there()) return;
  const settled = new Deferred<undefined>();
  const look = () => {
    if (there()) settled.resolve(undefined);
  };
  const subscriptions = [
    fleet.onDidChangeList(look),
    fleet.onDidChangeBoard(look),
    clock.after(APPEAR_MS, () => settled.resolve(undefined)),
  ];
  try {
    await settled.promise;
  } finally {
    for (const subscription of subscriptions) subscription.dispose();
  }
}
