import * as vscode from 'vscode';
import { type BoardKey, keyText, parseKey, type Role, sharedKey } from '../../core/agent';
import type { Board } from '../../core/board';
import { UsageError } from '../../core/errors';
import { agentOf } from '../../views/broker';
import type { Needs } from '../../views/context';
import { askRole } from './askRole';
import { problemOf } from '../problemOf';
import type { Call, Command } from '../types';
import { showInformationMessage, showInputBox, showWarningMessage } from '../../views/message';

/** Commands to share a board's key with other computers, and to revoke it. */
export const agentKeyCommands: readonly Command[] = [
  {
    id: 'importKey',
    needs: 'board',
    which: 'any',
    run: askKey,
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

/** Asks for the key of a board and stores it on this computer. */
export async function askKey({ brokers }: Needs<'brokers'>, board: Board): Promise<void> {
  const text = await showInputBox({
    title: vscode.l10n.t('Key of {0}', board.name),
    prompt: vscode.l10n.t(
      'From "Copy a Key of This Board…" on the computer that put the agent on it.',
    ),
    password: true,
    validateInput: (typed) => (typed === '' ? undefined : problemOf(() => parseKey(typed))),
  });
  if (text) await brokers.secrets.setBoardKey(uidOf(board), parseKey(text));
}

async function copyKey(
  context: Needs<'brokers' | 'history'>,
  board: Board,
  call: Call,
): Promise<void> {
  const role = await askRole(board.name);
  if (!role) return;
  const key =
    role === 'admin' ? await adminKey(context, board) : await lesserKey(context, board, role, call);
  if (!key) return;
  await vscode.env.clipboard.writeText(keyText(key));
  void showInformationMessage(
    vscode.l10n.t(
      'The key is on the clipboard. On the other computer, use "Import the Key of This Board".',
    ),
  );
}

async function adminKey(
  { brokers }: Needs<'brokers'>,
  board: Board,
): Promise<BoardKey | undefined> {
  const key = await brokers.secrets.boardKey(uidOf(board));
  if (key?.role !== 'admin') {
    throw new UsageError(vscode.l10n.t('This computer has no admin key for {0}', board.name), {
      hint: vscode.l10n.t('The computer that put the agent on the board has it.'),
    });
  }
  const copy = vscode.l10n.t('Copy It');
  const asked = vscode.l10n.t('Anyone with this key can do anything on {0}.', board.name);
  return (await showWarningMessage(asked, { modal: true }, copy)) === copy ? key : undefined;
}

/** Derives the board's key for a role from its admin key. */
async function lesserKey(
  context: Needs<'brokers' | 'history'>,
  board: Board,
  role: Role,
  { signal, ask }: Call,
): Promise<BoardKey | undefined> {
  const own = await context.brokers.secrets.boardKey(uidOf(board));
  if (own?.role === role) return own;
  const { control, uid } = agentOf(context, board);
  const replace = vscode.l10n.t('Replace It and Restart');
  const asked = vscode.l10n.t(
    'The existing key of {0} for this role was once sent unencrypted. Replace it? The board restarts.',
    board.name,
  );
  const mayReplace = async () =>
    (await ask(() => showWarningMessage(asked, { modal: true }, replace))) === replace;
  return sharedKey(control, own, { uid, role }, mayReplace, signal);
}

function uidOf(board: Board): string {
  if (board.uid) return board.uid;
  throw new UsageError(vscode.l10n.t('{0} has not reported its unique id yet', board.name), {
    hint: vscode.l10n.t('Connect it first.'),
  });
}
