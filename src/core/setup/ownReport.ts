import * as l10n from '@vscode/l10n';
import reachSnippet from '../../../board/snippets/agentReach.py';
import { delay, type Clock } from '../async';
import { UsageError } from '../errors';
import { parseJson } from '../json';
import type { SetupBoard } from './steps';

/**
 * Pauses, in milliseconds, before the agent is asked. Asking stops it, so it restarts after each question. Wi-Fi takes about
 * five seconds; the agent itself gives up a network after 20.
 */
const PAUSES_MS = [3000, 8000, 20_000];

/** The broker answered and refused the login, or the board rejected its certificate. Other errors may be due to this place. */
const REFUSED = /refuses|X509|CERT/i;
/** A certificate that a clock in the past takes for one of the future. */
const NOT_YET = /future/i;

/** `hasTime`: false for a board whose clock is wrong and cannot be set. */
interface OwnReportOptions {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly hasTime: boolean;
}

/**
 * Asks the restarted board itself, over the cable, whether it has reached its broker: this computer cannot ask that broker.
 * The board's agent runs again afterwards.
 * @returns a remark for the record; `unverified`: the board has not reached the broker from here
 * @throws UsageError if the broker and the board refused each other, because no other place will change that
 */
export async function ownReport(
  board: SetupBoard,
  broker: string,
  { signal, clock, hasTime }: OwnReportOptions,
): Promise<{ readonly note: string; readonly unverified: boolean }> {
  let last = l10n.t('it was still trying');
  for (const pause of PAUSES_MS) {
    await delay(clock, pause, signal);
    const said = parseJson(await board.exec(reachSnippet, { signal, looks: true }));
    await board.reset('soft', signal);
    if (typeof said.ups !== 'number') {
      throw new UsageError(l10n.t('The agent did not start'), {
        hint: l10n.t('Open the board’s REPL and press Ctrl-D: the board says why.'),
      });
    }
    if (said.ups > 0) {
      const note = l10n.t('The board reports that it reached {0}', broker);
      return { note, unverified: false };
    }
    const error = typeof said.error === 'string' ? said.error : '';
    const isTimeless = !hasTime && NOT_YET.test(error);
    if (REFUSED.test(error) && !isTimeless) throw refused(broker, inWords(error));
    if (error !== '') last = inWords(error);
    if (error !== '' && !error.includes('Wi-Fi')) break;
  }
  const note = l10n.t(
    'Not verified: {0} is another owner’s broker, and the board has not reached it from here ({1})',
    broker,
    last,
  );
  return { note, unverified: true };
}

/** Errors of a socket in words, by their number on the ports of MicroPython. */
function inWords(error: string): string {
  const number = Number(/^\w+\((-?\d+)/.exec(error)?.[1] ?? NaN);
  if ([110, 116, 119].includes(number)) return l10n.t('the broker did not answer in time');
  if (number === 111) return l10n.t('nothing accepts connections at that port');
  if ([103, 104].includes(number)) return l10n.t('the broker closed the connection');
  if ([101, 113, 118].includes(number)) return l10n.t('the network has no route to the broker');
  if (number < 0) return l10n.t('the name of the broker was not found, or TLS failed ({0})', error);
  const words = error.replace(/^\w*Error\((.*?),?\)$/, '$1').replace(/^(['"])(.*)\1$/, '$2');
  return words.replaceAll('\\n', ' ').trim(); // the firmware lists all faults of a certificate, one a line
}

function refused(broker: string, error: string): UsageError {
  return new UsageError(l10n.t('{0} and the board refuse each other: {1}', broker, error), {
    hint: l10n.t(
      'Compare user, password and certificate in the template with those that the owner of the broker gave you.',
    ),
  });
}
