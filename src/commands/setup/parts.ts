import * as vscode from 'vscode';
import type { Part } from '../../core/setup';

/** Lets the user leave out parts. Undefined: the user cancelled, or nothing is left. */
export async function askParts(
  parts: readonly Part[],
  ticked: readonly Part[],
): Promise<readonly Part[] | undefined> {
  const items = parts.map((part) => ({ ...words(part), part, picked: ticked.includes(part) }));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('What should be done with the board?'),
    placeHolder: vscode.l10n.t('Clear a step to leave it out'),
    canPickMany: true,
    ignoreFocusOut: true,
  });
  return picked && picked.length > 0 ? picked.map((p) => p.part) : undefined;
}

function words(part: Part): { label: string; description: string } {
  switch (part) {
    case 'firmware':
      return {
        label: vscode.l10n.t('Flash MicroPython'),
        description: vscode.l10n.t('Everything on the chip is erased'),
      };
    case 'name':
      return {
        label: vscode.l10n.t('Name it'),
        description: vscode.l10n.t('The next free name of a range'),
      };
    case 'broker':
      return {
        label: vscode.l10n.t('Connect it to a broker'),
        description: vscode.l10n.t('Wi-Fi and the agent, so that it needs no cable'),
      };
    case 'files':
      return { label: vscode.l10n.t('Copy files'), description: vscode.l10n.t('A folder') };
    case 'app':
      return {
        label: vscode.l10n.t('Install an app'),
        description: vscode.l10n.t('A folder with app.json; it starts with the board'),
      };
    case 'stubs':
      return {
        label: vscode.l10n.t('Set up code completion'),
        description: vscode.l10n.t('Type stubs of its firmware in this workspace'),
      };
  }
}
