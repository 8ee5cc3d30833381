import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import { applyConfig, type BoardConfig } from '../../core/boardConfig';
import { UsageError } from '../../core/errors';
import { forEachBoard } from '../../core/many';
import { agentOf } from '../../views/broker';
import type { Needs } from '../../views/context';
import { showWarningMessage } from '../../views/message';

/**
 * Writes names or tags, which this computer has stored already, to boards with the agent, so that
 * other computers see them, too. One message reports where that failed: those are stored on this
 * computer only.
 */
export async function tellBoards(
  context: Needs<'brokers' | 'history'>,
  boards: readonly Board[],
  settingsOf: (board: Board) => BoardConfig,
  signal?: AbortSignal,
): Promise<void> {
  const far = boards.filter((b) => b.links.some((l) => l.found.address.kind === 'mqtt'));
  const outcomes = await forEachBoard(
    far,
    async (board, own) => {
      const { control } = agentOf(context, board);
      if (!control.birth) throw new UsageError(vscode.l10n.t('{0} is away', board.name));
      await applyConfig(control, settingsOf(board), { signal: own });
    },
    { signal },
  );
  const failed = outcomes.flatMap((o) => (o.status === 'failed' ? [o.error.message] : []));
  const [first] = failed;
  if (first === undefined) return;
  void showWarningMessage(
    failed.length === 1
      ? vscode.l10n.t('Saved on this computer only, not on the board: {0}', first)
      : vscode.l10n.t(
          'Saved on this computer only, not on {0} of the boards. The first: {1}',
          failed.length,
          first,
        ),
  );
}
