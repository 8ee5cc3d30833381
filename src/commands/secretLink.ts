import * as vscode from 'vscode';
import { isReadable } from '../core/address';
import type { Board } from '../core/board';
import { CancelledError, UsageError } from '../core/errors';
import { showWarningMessage } from '../views/message';
import { namesOf } from './summary';

/**
 * Checks, before keys and passwords are written to a board, that its open link keeps them secret,
 * or that the user accepts what others can read.
 * @throws UsageError over a broker
 * @throws CancelledError when the user does not agree
 */
export async function keepSecret(board: Board, secrets: string): Promise<void> {
  const [refusal] = (await keepSecrets([board], secrets)).values();
  if (refusal) throw refusal;
}

/**
 * Checks the same for many boards, with one question for all links that others can read.
 * @returns the reasons why boards cannot get the secrets
 * @throws CancelledError when the user does not agree
 */
export async function keepSecrets(
  boards: readonly Board[],
  secrets: string,
): Promise<ReadonlyMap<Board, UsageError>> {
  const readable = boards.filter(
    ({ transport }) => transport !== undefined && isReadable(transport.address),
  );
  if (readable.length > 0) {
    const send = vscode.l10n.t('Send Them');
    const answer = await showWarningMessage(
      vscode.l10n.t('Send {0} to {1} without encryption?', secrets, namesOf(readable)),
      {
        modal: true,
        detail: vscode.l10n.t(
          'Anyone on the network can read them in transit. Over the cable, no one can.',
        ),
      },
      send,
    );
    if (answer !== send) throw new CancelledError();
  }
  const refused = boards.filter(isThroughBroker).map((board): [Board, UsageError] => {
    const text = vscode.l10n.t(
      '{0} is connected through a broker, which could read {1}',
      board.name,
      secrets,
    );
    const hint = vscode.l10n.t('Connect the board by cable for this.');
    return [board, new UsageError(text, { hint })];
  });
  return new Map(refused);
}

function isThroughBroker({ transport }: Board): boolean {
  return transport?.kind === 'mqtt' || transport?.kind === 'mqboard';
}
