import * as l10n from '@vscode/l10n';
import { clockCode } from '../board';
import { text } from '../bytes';
import { PythonError } from '../errors';
import { withEitherNames } from '../python/firmwareNames';
import type { InstallTarget } from './agentProbe';

/** Difference, in milliseconds, that is no reason to touch a clock: it may keep local time. */
const RIGHT_MS = 86_400_000;

const READ = withEitherNames('import time\nprint(list(time.localtime()[:6]))\n');

/** A board's clock that was wrong. `isSet`: now it is right. */
export interface WrongClock {
  readonly isSet: boolean;
  /** A sentence for people, with what the clock said. */
  readonly note: string;
}

/**
 * Sets a clock that is wrong by more than a day to UTC, which is what the agent's NTP does: TLS compares it with the dates of
 * certificates, and most boards begin in 2000 or 2021.
 * @returns undefined if the clock is right
 */
export async function clockForTls(
  board: InstallTarget,
  signal?: AbortSignal,
  now = new Date(),
): Promise<WrongClock | undefined> {
  const job = l10n.t('Setting the clock');
  const said = text(await board.exec(READ, { signal, job, looks: true }));
  const [year = 0, month = 1, ...rest] = (/\[([\d, ]+)\]/.exec(said)?.[1] ?? '')
    .split(',')
    .map(Number);
  const was = new Date(
    Date.UTC(year, month - 1, ...(rest as [number?, number?, number?, number?])),
  );
  if (Math.abs(was.getTime() - now.getTime()) < RIGHT_MS) return undefined;
  const words = `${was.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  try {
    await board.exec(withEitherNames(clockCode(now, { utc: true })), { signal, job });
  } catch (error) {
    if (!(error instanceof PythonError)) throw error;
    const note = l10n.t('Its clock says {0} and cannot be set: TLS may reject certificates', words);
    return { isSet: false, note };
  }
  return {
    isSet: true,
    note: l10n.t(
      'Its clock said {0} and was set, because TLS checks the dates of certificates',
      words,
    ),
  };
}
