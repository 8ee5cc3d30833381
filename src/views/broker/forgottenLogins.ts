import * as vscode from 'vscode';
import { callCommand } from '../callCommand';
import { showWarningMessage } from '../message';

/** Warns that boards with the old password can no longer connect. Otherwise only their REPL would show it. */
export function tellForgotten(): void {
  const put = vscode.l10n.t('Put the Agent on a Board');
  const words = vscode.l10n.t(
    "The local broker's password was missing from this editor's secret storage, so a new one was created. Boards that use the old one cannot connect: put the agent on them again.",
  );
  void showWarningMessage(words, put).then(async (answer) => {
    if (answer === put) await callCommand('mpyFleet.putAgent');
  });
}
