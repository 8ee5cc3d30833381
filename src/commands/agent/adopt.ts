import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import type { Needs } from '../../views/context';
import { showInformationMessage } from '../../views/message';
import { askKey } from './keys';
import { namesOf } from '../summary';
import type { Command } from '../types';

/** Commands to adopt boards that announce themselves at a broker, or to ignore them. */
export const adoptCommands: readonly Command[] = [
  { id: 'adopt', needs: 'boards', which: 'any', run: adopt },
  { id: 'ignoreBoards', needs: 'boards', which: 'any', run: ignore },
  { id: 'showIgnored', needs: 'nothing', run: showIgnored },
];

/**
 * Adopts boards: stores the key of a board that has one, and accepts a board in open mode, which
 * has none.
 */
async function adopt(
  context: Needs<'adoption' | 'brokers'>,
  boards: readonly Board[],
): Promise<void> {
  const { adoption } = context;
  const [only, second] = boards;
  const open = boards.filter((b) => b.links.some((l) => l.found.details?.mode === 'open'));
  const ways = [
    ...(only && !second && open.length === 0
      ? [
          {
            way: 'key',
            label: vscode.l10n.t('Enter its key'),
            detail: vscode.l10n.t(
              'From "Copy a Key of This Board…" on the computer that put the agent on it.',
            ),
          },
        ]
      : []),
    {
      way: 'file',
      label: vscode.l10n.t('Import a key file…'),
      detail: vscode.l10n.t('From the person who put the agent on the board'),
    },
    ...(open.length > 0
      ? [
          {
            way: 'open',
            label: vscode.l10n.t('Accept {0} in open mode', namesOf(open)),
            detail: vscode.l10n.t(
              'Anyone who can publish at the broker can claim to be this board',
            ),
          },
        ]
      : []),
  ];
  const picked = await vscode.window.showQuickPick(ways, {
    title: vscode.l10n.t('How do you adopt {0}?', namesOf(boards)),
  });
  if (picked?.way === 'key' && only) {
    await askKey(context, only);
  } else if (picked?.way === 'file') {
    await vscode.commands.executeCommand('mpyFleet.importKeys');
  } else if (picked?.way === 'open') {
    for (const board of open) await acceptOpen(context, board);
  }
  adoption.refresh();
}

async function acceptOpen({ brokers }: Needs<'brokers'>, board: Board): Promise<void> {
  for (const { found } of board.links) {
    const { address } = found;
    const broker = address.kind === 'mqtt' ? brokers.hub.get(address.broker) : undefined;
    if (broker && address.kind === 'mqtt') {
      await brokers.secrets.acceptOpen(broker.profile, address.uid);
    }
  }
}

async function ignore({ adoption }: Needs<'adoption'>, boards: readonly Board[]): Promise<void> {
  const uids = boards.flatMap((b) => b.uid ?? []);
  await adoption.setIgnored(uids, true);
  const undo = vscode.l10n.t('Undo');
  const text = vscode.l10n.t(
    '{0} ignored. "Show Ignored Boards…" brings them back.',
    namesOf(boards),
  );
  if ((await showInformationMessage(text, undo)) === undo) await adoption.setIgnored(uids, false);
}

async function showIgnored({ adoption, fleet }: Needs<'fleet' | 'adoption'>): Promise<void> {
  const items = [...adoption.ignored].map((uid) => ({
    uid,
    label: fleet.byUid(uid)?.name ?? uid,
    description: fleet.byUid(uid) ? '' : vscode.l10n.t('away'),
  }));
  if (items.length === 0) {
    await showInformationMessage(vscode.l10n.t('No board is ignored.'));
    return;
  }
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Ignored boards: select those to show again'),
    canPickMany: true,
  });
  await adoption.setIgnored(
    (picked ?? []).map((p) => p.uid),
    false,
  );
}
