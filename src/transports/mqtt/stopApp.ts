import * as l10n from '@vscode/l10n';
import { decodeJson, Op } from '../../core/agent';
import { delay, systemClock } from '../../core/async';
import { TimeoutError } from '../../core/errors';
import { Patience } from '../../core/repl';
import type { MqttBroker } from './mqttBroker';

/** Milliseconds until the first check whether a program has stopped; doubles up to LAST_STOP_MS. */
const FIRST_STOP_MS = 50;
const LAST_STOP_MS = 1_000;
/**
 * Milliseconds after which a program that has not ended counts as one that catches every interrupt.
 */
const STOP_LIMIT_MS = 15_000;

/**
 * Stops a board's own program: one interrupt, then time to tidy up, then one interrupt after another.
 * @throws TimeoutError when it does not end
 */
export async function stopApp(
  broker: Pick<MqttBroker, 'client' | 'onLog'>,
  uid: string,
  signal?: AbortSignal,
): Promise<void> {
  const patience = new Patience(systemClock);
  // What the program prints goes to the log.
  const log = broker.onLog((m) => m.uid === uid && patience.heard());
  try {
    let pause = FIRST_STOP_MS;
    let action = 'stop';
    for (const until = systemClock.now() + STOP_LIMIT_MS; systemClock.now() < until;) {
      const { payload } = await broker.client(uid).json(Op.app, { do: action }, { signal });
      if (decodeJson(payload).run !== 1) return;
      await delay(systemClock, pause, signal);
      pause = Math.min(pause * 2, LAST_STOP_MS);
      action = patience.leftMs > 0 ? 'info' : 'stop';
    }
  } finally {
    log.dispose();
  }
  throw new TimeoutError(l10n.t('The program on the board could not be stopped'), {
    hint: l10n.t('Restart the board in safe mode, which does not start its program.'),
  });
}
