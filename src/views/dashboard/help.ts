import * as vscode from 'vscode';
import type { CommandName } from '../../manifest';
import type { Mark } from '../../core/many';

interface Help {
  readonly command: CommandName;
  readonly title: string;
}

/** Returns the command that helps with a board's problem. Undefined if none does. */
export function helpFor(mark: Mark): Help | undefined {
  switch (mark) {
    case 'crashed':
    case 'restarting':
      return { command: 'mpyFleet.showCrashLog', title: vscode.l10n.t('Show the Crash') };
    case 'safe':
      return { command: 'mpyFleet.leaveSafeMode', title: vscode.l10n.t('Leave Safe Mode') };
    case 'wrong-clock':
      return { command: 'mpyFleet.setClock', title: vscode.l10n.t('Set Clock') };
    case 'low-memory':
      return { command: 'mpyFleet.softReset', title: vscode.l10n.t('Soft Reset') };
    case 'error':
      return { command: 'mpyFleet.connect', title: vscode.l10n.t('Connect') };
    case 'stale':
      return { command: 'mpyFleet.showHistory', title: vscode.l10n.t('History') };
    case 'old-agent':
      return { command: 'mpyFleet.updateAgent', title: vscode.l10n.t('Update the Agent') };
    case 'old-firmware':
      return { command: 'mpyFleet.flashFirmware', title: vscode.l10n.t('Write Firmware') };
    case 'task-restarts':
    case 'module-failed':
      return { command: 'mpyFleet.showBoardLog', title: vscode.l10n.t('Show the Log') };
    case 'updating':
    case 'low-flash':
    case 'weak-signal':
      return undefined;
  }
}
