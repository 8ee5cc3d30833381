import { Deferred, systemClock, type Clock } from '../../core/async';
import type { Fleet } from '../../core/board';

/** Longest wait for the board of a restored editor, in milliseconds: several port scans, and the answers of brokers. */
const APPEAR_MS = 5000;

/** Resolves when `there` holds, or after the time in which a plugged-in board would have been found. */
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
