import { Deferred, systemClock, type Clock } from '../../core/async';
import type { Fleet } from '../../core/board/fleet';

/** Longest wait for a board that a restored editor belongs to: several looks at the ports, and brokers' answers. */
const APPEAR_MS = 5000;

/** Resolves when `there` holds, or when a board that is plugged in would have been found by now. */
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
