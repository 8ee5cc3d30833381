import { abortable, Deferred, delay, systemClock } from '../../core/async';
import { TimeoutError } from '../../core/errors';
import type { MqttBroker } from '../../transports/mqtt';

/**
 * Milliseconds without a new board after which the list may be complete. Some brokers need a moment
 * to look up retained messages.
 */
const QUIET_MS = 300;
/** Longest wait in milliseconds for a broker that sends nothing at all. */
const SILENT_MS = 20_000;

/**
 * Resolves once a connected broker has reported its boards, or when `enough` returns true. MQTT has no end of a list. Packets of one
 * connection keep their order, so a round trip that brings no new board shows that the broker had none left, however slow the link
 * is. Brokers send only some messages at a time and wait for their acknowledgements, so any new board needs another round trip.
 * @throws ConnectionLostError, CancelledError
 * @throws TimeoutError if the broker does not answer
 */
export async function boardsReported(
  broker: MqttBroker,
  signal: AbortSignal,
  enough: () => boolean = () => false,
): Promise<void> {
  const known = new Set(broker.presences.keys());
  const stopped = new Deferred<true>();
  const isEnoughAfter = (step: Promise<void>) => Promise.race([step, stopped.promise]);
  let newest = systemClock.now();
  const listening = broker.onPresence(({ uid }) => {
    if (known.has(uid)) return; // Boards that join and leave must not extend the list.
    known.add(uid);
    newest = systemClock.now();
    if (enough()) stopped.resolve(true);
  });
  try {
    for (;;) {
      const began = systemClock.now();
      if (await isEnoughAfter(answered(broker, signal))) return;
      const quiet = newest + QUIET_MS - systemClock.now();
      if (await isEnoughAfter(delay(systemClock, quiet, signal))) return;
      if (newest <= began) return;
    }
  } finally {
    listening.dispose();
  }
}

/** Waits for one round trip. @throws TimeoutError, ConnectionLostError, CancelledError */
async function answered(broker: MqttBroker, signal: AbortSignal): Promise<void> {
  const silent = new Deferred<never>();
  const timer = systemClock.after(SILENT_MS, () =>
    silent.reject(
      new TimeoutError(`The broker ${broker.profile.name} did not answer`, {
        hint: 'Check that the broker is running and the network works.',
      }),
    ),
  );
  try {
    await abortable(Promise.race([broker.connection.roundTrip(), silent.promise]), signal);
  } finally {
    timer.dispose();
  }
}
