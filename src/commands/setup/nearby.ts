import * as vscode from 'vscode';
import { ACCESS_POINT, type BoardKey } from '../../core/agent';
import { asError } from '../../core/errors';
import {
  ACCESS_POINT_PAGE,
  boardNamed,
  boardsNear,
  byHand,
  type NearBoard,
  nearNetworks,
  runTool,
} from '../../core/setup';
import type { Needs } from '../../views/context';
import { showInformationMessage, showInputBox, showWarningMessage } from '../../views/message';
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
 * about a minute after power-on, so a single scan often misses it. A phone may see it where this computer does not.
 */
async function lookForBoards(
  keyOf: (uid: string) => Promise<BoardKey | undefined>,
  call: Call,
): Promise<readonly NearBoard[] | undefined> {
  for (;;) {
    call.report(vscode.l10n.t('Looking for Wi-Fi networks'));
    const networks = await nearNetworks(runTool);
    const boards = await boardsNear(networks ?? [], keyOf);
    if (boards.length > 0) return boards;
    const again = vscode.l10n.t('Look Again');
    const none = vscode.l10n.t(
      'No board has opened a network. Boards with the setting "accessPoint" open one for a minute after power-on if they find no known network. Switch the board off and on, and look again.',
    );
    const noTool = vscode.l10n.t(
      'This computer has no tool that lists Wi-Fi networks. {0}.',
      byHand(),
    );
    const enter = vscode.l10n.t('Enter Its Name…');
    const answer = await call.ask(() =>
      networks ? showWarningMessage(none, again, enter) : showWarningMessage(noTool, enter),
    );
    if (answer === enter) return call.ask(() => askNetwork(keyOf));
    if (answer !== again) return undefined;
  }
}

/** Asks for the network that a phone shows; undefined: cancelled. */
async function askNetwork(
  keyOf: (uid: string) => Promise<BoardKey | undefined>,
): Promise<readonly NearBoard[] | undefined> {
  const name = await showInputBox({
    title: vscode.l10n.t('Which network does the board show?'),
    prompt: vscode.l10n.t('The phone shows it among the Wi-Fi networks.'),
    value: ACCESS_POINT,
    valueSelection: [ACCESS_POINT.length, ACCESS_POINT.length],
    validateInput: async (typed) => {
      try {
        await boardNamed(typed, keyOf);
        return undefined;
      } catch (error) {
        return asError(error).message;
      }
    },
  });
  return name === undefined ? undefined : [await boardNamed(name, keyOf)];
}

/**
 * Explains how to join the network by hand: joining ends the computer's own connection, which no
 * program should do unasked.
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
