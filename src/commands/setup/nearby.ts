import * as vscode from 'vscode';
import type { BoardKey } from '../../core/agent';
import { UsageError } from '../../core/errors';
import {
  ACCESS_POINT_PAGE,
  boardsNear,
  byHand,
  type NearBoard,
  nearNetworks,
  runTool,
} from '../../core/setup';
import type { Needs } from '../../views/context';
import { showInformationMessage, showWarningMessage } from '../../views/message';
import type { Call } from '../types';

/**
 * `Set Up a Board without a Cable…`: finds boards that have opened their own network, and explains
 * how to continue.
 */
export async function setUpWithoutCable(
  { brokers, fleet }: Needs<'fleet' | 'brokers'>,
  call: Call,
): Promise<void> {
  const boards = await lookForBoards((uid) => brokers.secrets.boardKey(uid), call);
  if (!boards) return;
  const items = boards.map((board) => ({
    label: `$(broadcast) ${board.ssid}`,
    description: [
      fleet.boards.find(({ uid }) => uid !== undefined && uid === board.uid)?.name,
      board.signal === undefined ? undefined : `${board.signal} %`,
    ]
      .filter((word) => word !== undefined)
      .join(', '),
    board,
  }));
  const picked = await call.ask(() =>
    vscode.window.showQuickPick(items, {
      title: vscode.l10n.t('Set up which board?'),
      ignoreFocusOut: true,
    }),
  );
  if (picked) await call.ask(() => explain(picked.board));
}

/**
 * Scans until a board is found or the user gives up (undefined). A board offers its network only for
 * about a minute after power-on, so a single scan often misses it.
 * @throws UsageError on a computer without a tool for it
 */
async function lookForBoards(
  keyOf: (uid: string) => Promise<BoardKey | undefined>,
  call: Call,
): Promise<readonly NearBoard[] | undefined> {
  for (;;) {
    call.report(vscode.l10n.t('Looking for Wi-Fi networks'));
    const networks = await nearNetworks(runTool);
    if (networks === undefined) {
      throw new UsageError(vscode.l10n.t('This computer has no tool that lists Wi-Fi networks'), {
        hint: `${byHand()}.`,
      });
    }
    const boards = await boardsNear(networks, keyOf);
    if (boards.length > 0) return boards;
    const again = vscode.l10n.t('Look Again');
    const none = vscode.l10n.t(
      'No board has opened a network. Boards with the setting "accessPoint" open one for a minute after power-on if they find no known network. Switch the board off and on, and look again.',
    );
    const answer = await call.ask(() => showWarningMessage(none, again));
    if (answer !== again) return undefined;
  }
}

/**
 * The user joins the network by hand: that ends the computer's own connection, which no program
 * should do unasked.
 */
async function explain({ ssid, password }: NearBoard): Promise<void> {
  const text =
    password === undefined
      ? vscode.l10n.t(
          'Join the network "{0}" and open {1}. Its password is known to computers that have the admin key of the board.',
          ssid,
          ACCESS_POINT_PAGE,
        )
      : vscode.l10n.t(
          'Join the network "{0}" with the password {1}, then open {2}.',
          ssid,
          password,
          ACCESS_POINT_PAGE,
        );
  const copy = vscode.l10n.t('Copy Password');
  const open = vscode.l10n.t('Open Page');
  const buttons = password === undefined ? [open] : [copy, open];
  let choice = await showInformationMessage(text, ...buttons);
  while (choice === copy && password !== undefined) {
    await vscode.env.clipboard.writeText(password);
    choice = await showInformationMessage(text, open);
  }
  if (choice === open) await vscode.env.openExternal(vscode.Uri.parse(ACCESS_POINT_PAGE));
}
