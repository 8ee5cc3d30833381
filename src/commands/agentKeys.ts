import * as vscode from 'vscode';
import { keyText, parseKey, type BoardKey } from '../core/agent/agentKeys';
import type { Role } from '../core/agent/agentProtocolSession';
import { addKey, keyOnBoard } from '../core/agent/agentSharedKey';
import type { Board } from '../core/board/board';
import { UsageError } from '../core/errors';
import { agentOf } from '../views/broker/agentOf';
import type { ViewContext } from '../views/context';
import type { Call, Command } from './types';

/** Keys of boards, given to other computers and taken from them. */
export const agentKeyCommands: readonly Command[] = [
  {
    id: 'importKey',
    needs: 'board',
    which: 'any',
    run: async ({ brokers }, board) => {
      const text = await vscode.window.showInputBox({
        title: vscode.l10n.t('Key of {0}', board.name),
        prompt: vscode.l10n.t('From "Copy a Key" on the computer that put the agent on it.'),
        password: true,
        ignoreFocusOut: true,
      });
      if (text) await brokers.secrets.setBoardKey(uidOf(board), parseKey(text));
    },
  },
  {
    id: 'copyKey',
    needs: 'board',
    which: 'any',
    progress: {
      where: 'window',
      title: (names) => vscode.l10n.t('Getting a key of {0}', names),
    },
    run: copyKey,
  },
];

async function copyKey(context: ViewContext, board: Board, call: Call): Promise<void> {
  const role = await askRole(board);
  if (!role) return;
  const key =
    role === 'admin' ? await adminKey(context, board) : await lesserKey(context, board, role, call);
  if (!key) return;
  await vscode.env.clipboard.writeText(keyText(key));
  void vscode.window.showInformationMessage(
    vscode.l10n.t(
      'The key is in the clipboard. On the other computer: "Import the Key of This Board".',
    ),
  );
}

/** What the one who gets the key may do. */
async function askRole(board: Board): Promise<Role | undefined> {
  const t = vscode.l10n.t;
  const roles: (vscode.QuickPickItem & { readonly role: Role })[] = [
    { role: 'viewer', label: t('Look'), detail: t('State, log, and the list of files') },
    {
      ...{ role: 'operator', label: t('Look, read and restart') },
      detail: t('Also what files hold; restart it; start and stop its program'),
    },
    { role: 'admin', label: t('Everything'), detail: t('Also run code and change files') },
  ];
  const title = t('What may be done on {0} with the key?', board.name);
  return (await vscode.window.showQuickPick(roles, { title }))?.role;
}

async function adminKey({ brokers }: ViewContext, board: Board): Promise<BoardKey | undefined> {
  const t = vscode.l10n.t;
  const key = await brokers.secrets.boardKey(uidOf(board));
  if (key?.role !== 'admin') {
    throw new UsageError(t('There is no key for everything on {0} here', board.name), {
      hint: t('It is on the computer that put the agent on it.'),
    });
  }
  const copy = t('Copy It');
  const asked = t('Whoever has this key of {0} can do anything on it.', board.name);
  return (await vscode.window.showWarningMessage(asked, { modal: true }, copy)) === copy
    ? key
    : undefined;
}

/** The board's key for that; a new one where it has none. */
async function lesserKey(
  context: ViewContext,
  board: Board,
  role: Role,
  { signal }: Call,
): Promise<BoardKey | undefined> {
  const t = vscode.l10n.t;
  const own = await context.brokers.secrets.boardKey(uidOf(board));
  if (own?.role === role) return own;
  const { control } = agentOf(context, board);
  const known = await keyOnBoard(board.files, role, signal);
  if (known) return known;
  const make = t('Make It and Restart');
  const asked = t('{0} has no such key yet. It restarts to get one.', board.name);
  if ((await vscode.window.showWarningMessage(asked, { modal: true }, make)) !== make) {
    return undefined;
  }
  return addKey(board.files, control, role, signal);
}

function uidOf(board: Board): string {
  if (board.uid) return board.uid;
  throw new UsageError(vscode.l10n.t('{0} has not told its unique id yet', board.name), {
    hint: vscode.l10n.t('Connect it first.'),
  });
}
