import * as vscode from 'vscode';
import type { HelpfulCommand } from '../core/errors';
import type { OfferedCommand } from '../manifest';

/** A command that an error or a row offers as the next step. */
interface Offer extends HelpfulCommand {
  readonly command: OfferedCommand;
}

// Commands that errors offer as their next step, so that the same step has the same words everywhere.

export const openFolder = (): Offer => ({
  title: vscode.l10n.t('Open Folder…'),
  command: 'workbench.action.files.openFolder',
});

export const tryExample = (): Offer => ({
  title: vscode.l10n.t('Try an Example'),
  command: 'mpyFleet.tryFile',
});

export const installPython = (): Offer => ({
  title: vscode.l10n.t('Install Python'),
  command: 'workbench.extensions.installExtension',
  args: ['ms-python.python'],
});

export const startDemo = (): Offer => ({
  title: vscode.l10n.t('Start a Demo Board'),
  command: 'mpyFleet.startDemo',
});

export const startBroker = (): Offer => ({
  title: vscode.l10n.t('Start the Local Broker'),
  command: 'mpyFleet.startLocalBroker',
});

export const showResults = (): Offer => ({
  title: vscode.l10n.t('Show Results'),
  command: 'mpyFleet.results.focus',
});

export const putAgentOn = (board: unknown): Offer => ({
  title: vscode.l10n.t('Put the Agent'),
  command: 'mpyFleet.putAgent',
  args: [board],
});
