import * as l10n from '@vscode/l10n';
import { mpyToNumber, type BoardInfo } from '../board';
import { UsageError } from '../errors';
import type { SharedFacts } from './sharedLine';

/**
 * Returns what the birth of a shared board says about it.
 * @param home the root of its files
 * @throws UsageError for a board without a unique id, which a broker cannot distinguish from others
 */
export function sharedFacts(info: Partial<BoardInfo>, name: string, home: string): SharedFacts {
  const { uid, version = '', platform = '', machine = '', memory, flash } = info;
  if (uid === undefined) {
    throw new UsageError(l10n.t('{0} has no unique id, so it cannot be shared', name), {
      hint: l10n.t('A broker identifies boards by machine.unique_id().'),
    });
  }
  return {
    ...{ uid, name, firmware: version, platform, machine, home, mpy: mpyToNumber(info.mpy) },
    ...(memory ? { memory } : {}),
    ...(flash ? { flash } : {}),
  };
}
