import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import { forEachBoard } from '../../core/many';
import { isLikely } from '../../views/activeBoard';
import { forgetAtBrokers } from '../../views/broker';
import type { Needs } from '../../views/context';
import { showInformationMessage, showWarningMessage } from '../../views/message';
import { isTreeNode } from '../../views/tree';
import { pickBoard } from '../targets';
import { choosePort } from './choosePort';
import { namesOf, summarise } from '../summary';
import { rename } from './rename';
import type { Command } from '../types';

/** Commands to connect, name and add boards. */
export const connectionCommands: readonly Command[] = [
  {
    id: 'connect',
    needs: 'boards',
    which: 'closed',
    progress: { where: 'view', title: (names) => vscode.l10n.t('Connecting {0}', names) },
    run: async (context, boards, { signal }) => {
      const outcomes = await forEachBoard(boards, (b, s) => b.connect({ signal: s }), { signal });
      summarise(context, outcomes, vscode.l10n.t('Connecting'), 'mpyFleet.connect');
    },
  },
  {
    id: 'disconnect',
    needs: 'boards',
    which: 'any',
    run: async (_context, boards) => {
      await Promise.all(boards.map((board) => board.disconnect()));
    },
  },
  {
    id: 'connectVia',
    needs: 'board',
    which: 'present',
    run: async (_context, board, { args }) => {
      const [node] = args;
      const kind =
        isTreeNode(node) && node.kind === 'link' ? node.link.found.address.kind : undefined;
      await board.connect(kind ? { kind } : {});
    },
  },
  { id: 'rename', needs: 'boards', which: 'any', run: rename },
  {
    id: 'forget',
    needs: 'boards',
    which: 'any',
    run: forget,
  },
  {
    id: 'addPort',
    needs: 'nothing',
    run: async ({ settings, fleet, portHints }) => {
      const path = await choosePort(fleet, settings.get('serial.paths'), portHints);
      if (path === undefined) return;
      const paths = settings.get('serial.paths');
      if (!paths.includes(path)) await settings.set('serial.paths', [...paths, path]);
      if (path.startsWith('/') && !existsSync(path)) {
        void showWarningMessage(
          vscode.l10n.t(
            '{0} does not exist yet. It was added, and the board appears as soon as the port exists.',
            path,
          ),
        );
      }
    },
  },
  {
    id: 'removePort',
    needs: 'nothing',
    run: async ({ settings }) => {
      const paths = settings.get('serial.paths');
      const path = await vscode.window.showQuickPick(paths, {
        title: vscode.l10n.t('Remove which serial port?'),
        placeHolder: vscode.l10n.t('Ports added by path'),
      });
      if (path === undefined) return;
      await settings.set(
        'serial.paths',
        paths.filter((p) => p !== path),
      );
    },
  },
  {
    id: 'selectBoard',
    needs: 'nothing',
    run: async (context) => {
      await pickBoard(
        context,
        context.fleet.boards.filter((b) => b.present && isLikely(b)),
        vscode.l10n.t('Which board should commands act on?'),
      );
    },
  },
];

/** Asks, and lists what will be lost. The message afterwards offers to undo it. */
async function forget(
  context: Needs<'log' | 'fleet' | 'known' | 'active' | 'brokers'>,
  boards: readonly Board[],
): Promise<void> {
  const { fleet, known, active, log } = context;
  const yes = vscode.l10n.t('Forget');
  const names = namesOf(boards);
  const details = boards.map((b) => {
    const tags = fleet.tagsOf(b);
    const lost = [vscode.l10n.t('its name'), ...tags.map((t) => `#${t}`)].join(', ');
    return b.present
      ? vscode.l10n.t('{0}: {1}. It is plugged in, so it stays in the list.', b.name, lost)
      : vscode.l10n.t('{0}: {1}, and its place in the list.', b.name, lost);
  });
  const answer = await showWarningMessage(
    vscode.l10n.t('Forget {0}?', names),
    { modal: true, detail: vscode.l10n.t('This will be forgotten:\n{0}', details.join('\n')) },
    yes,
  );
  if (answer !== yes) return;
  const records = boards.flatMap((b) => (b.uid ? (known.get(b.uid) ?? []) : []));
  for (const board of boards) {
    if (!board.present) await active.release(board);
    await fleet.forget(board);
    if (board.uid && !board.present) await forgetAtBrokers(context, board.uid);
  }
  const undo = vscode.l10n.t('Undo');
  showInformationMessage(vscode.l10n.t('{0} forgotten', names), undo).then(
    (choice) => {
      if (choice === undo) for (const record of records) known.restore(record);
    },
    (error: unknown) => log.error('Undo failed', String(error)),
  );
}
