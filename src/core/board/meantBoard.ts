import * as l10n from '@vscode/l10n';
import { type Address, shortPlace } from '../address';
import { OtherBoardError } from '../errors';

/**
 * Checks that the board that answers is the one that was meant. A port or an IP address does not
 * identify a board: if another board was plugged in there, it would receive the files of the first.
 * @param meant name and uid that the command expects; without a uid, any board is accepted
 * @param uid of the board that answers
 * @throws OtherBoardError
 */
export function checkMeant(
  meant: { readonly name: string; readonly uid: string | undefined },
  uid: string | undefined,
  address: Address,
  names: { nameAt?(address: Address): string | undefined } = {},
): void {
  if (meant.uid === undefined || uid === undefined || meant.uid === uid) return;
  const other = names.nameAt?.(address) ?? uid;
  throw new OtherBoardError(
    l10n.t('{0} is at {1} now, not {2}', other, shortPlace(address), meant.name),
    {
      hint: l10n.t(
        'Nothing was changed on it. Plug {0} in again, or choose the other board if you mean that one.',
        meant.name,
      ),
    },
  );
}
