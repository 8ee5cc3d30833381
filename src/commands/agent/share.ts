import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import { callCommand } from '../../views/callCommand';
import type { Needs } from '../../views/context';
import { showInformationMessage, tellBriefly } from '../../views/message';
import { isReachable } from './openToNetwork';
import { askBroker } from './prompts';
import type { Call, Command } from '../types';

/** Commands to share boards on a cable with colleagues. */
export const shareCommands: readonly Command[] = [
  {
    id: 'shareBoard',
    needs: 'board',
    which: 'present',
    progress: {
      where: 'window',
      title: (names) => vscode.l10n.t('Sharing {0}', names),
    },
    run: share,
  },
  {
    id: 'stopSharing',
    needs: 'board',
    which: 'any',
    run: async ({ shares }, board) => {
      const broker = shares.brokerOf(board);
      await shares.stop(board);
      tellBriefly(
        broker
          ? vscode.l10n.t('{0} is no longer shared', board.name)
          : vscode.l10n.t('{0} is not shared', board.name),
      );
    },
  },
];

async function share(
  context: Needs<'brokers' | 'shares'>,
  board: Board,
  call: Call,
): Promise<void> {
  const before = context.shares.brokerOf(board);
  const broker = before ?? (await call.ask(() => askBroker(context, [board], call.signal)));
  if (!broker) return;
  if (!before) await context.shares.share(board, broker, call.signal);
  const copy = vscode.l10n.t('Copy a Key…');
  const stop = vscode.l10n.t('Stop Sharing');
  const names = [board.name, broker.profile.name] as const;
  const words = isReachable(context.brokers, broker)
    ? vscode.l10n.t(
        '{0} is shared through {1}. Colleagues need this broker and a key of the board.',
        ...names,
      )
    : vscode.l10n.t(
        '{0} is shared through {1}, which accepts only this computer. Use "Start a Local Broker for This Network" to let colleagues reach it; they need a key of the board.',
        ...names,
      );
  void showInformationMessage(words, copy, stop).then((chosen) => {
    if (chosen === copy) void callCommand('mpyFleet.copyKey', board.id);
    if (chosen === stop) void callCommand('mpyFleet.stopSharing', board.id);
  });
}
