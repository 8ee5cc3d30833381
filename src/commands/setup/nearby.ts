import * as vscode from 'vscode';
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
import { showInformationMessage } from '../../views/message';
import type { Call } from '../types';

/** `Set Up a Board without a Cable…`: finds boards that have opened a network of their own, and says how to go on. */
export async function setUpWithoutCable(
  { brokers, fleet }: Needs<'fleet' | 'brokers'>,
  call: Call,
): Promise<void> {
  call.report(vscode.l10n.t('Looking for Wi-Fi networks'));
  const networks = await nearNetworks(runTool);
  if (networks === undefined) {
    throw new UsageError(vscode.l10n.t('This computer has no tool that lists Wi-Fi networks'), {
      hint: `${byHand()}.`,
    });
  }
  const boards = await boardsNear(networks, (uid) => brokers.secrets.boardKey(uid));
  if (boards.length === 0) {
    throw new UsageError(vscode.l10n.t('No board has opened a network'), {
      hint: `${byHand()}. ${vscode.l10n.t('Only boards with the setting "accessPoint" do.')}`,
    });
  }
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
  if (picked) await explain(picked.board);
}

/** The computer joins the network by hand: that ends its own connection, which no program should do unasked. */
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
