import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import type { Broker } from '../../core/broker/brokers';
import { callCommand } from '../../views/callCommand';
import type { Needs } from '../../views/context';
import { showInformationMessage, tellBriefly } from '../../views/message';
import { connectedBroker } from '../broker';
import { isOpenToNetwork } from './openToNetwork';
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

/** Asks for a broker that colleagues can reach. */
async function askReachable(
  context: Needs<'brokers'>,
  { signal, ask }: Call,
): Promise<Broker | undefined> {
  const broker = await ask(() => askBroker(context, 1, signal));
  if (!broker) return undefined;
  const words = vscode.l10n.t(
    'The local broker accepts only this computer, but colleagues must be able to reach it.',
  );
  const open = vscode.l10n.t('Let Computers on the Network Use It');
  const isOpen = await ask(() => isOpenToNetwork(context, broker, words, open));
  // Opening the local broker replaces it.
  return isOpen ? connectedBroker(context, broker.profile.id, signal) : undefined;
}

async function share(
  context: Needs<'brokers' | 'shares'>,
  board: Board,
  call: Call,
): Promise<void> {
  const before = context.shares.brokerOf(board);
  const broker = before ?? (await askReachable(context, call));
  if (!broker) return;
  if (!before) await context.shares.share(board, broker, call.signal);
  const copy = vscode.l10n.t('Copy a Key…');
  const stop = vscode.l10n.t('Stop Sharing');
  const words = vscode.l10n.t(
    '{0} is shared through {1}. Colleagues need this broker and a key of the board.',
    ...[board.name, broker.profile.name],
  );
  void showInformationMessage(words, copy, stop).then((chosen) => {
    if (chosen === copy) void callCommand('mpyFleet.copyKey', board.id);
    if (chosen === stop) void callCommand('mpyFleet.stopSharing', board.id);
  });
}
