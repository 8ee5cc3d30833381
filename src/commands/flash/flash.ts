import * as vscode from 'vscode';
import type { Command } from '../types';

/** Commands to write firmware over a cable. The code that does it is loaded on first use. */
export const flashCommands: readonly Command[] = [
  {
    id: 'flashFirmware',
    needs: 'nothing',
    progress: { where: 'notification', title: () => vscode.l10n.t('Flashing firmware') },
    run: async (context, call) => (await import('./work')).flashFirmware(context, call),
  },
];
