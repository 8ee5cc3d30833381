import * as vscode from 'vscode';
import { UsageError } from '../../core/errors';
import type { Needs } from '../context';
import { showError } from '../showError';
import { startDemo } from '../helpful';

/**
 * Provides the terminal profile `MicroPython REPL`, which opens the active board's terminal.
 * Focusing a board's terminal makes the board active.
 */
export function registerProfile(context: Needs<'log' | 'active' | 'terminals'>): vscode.Disposable {
  const { active, terminals } = context;
  const activation = terminals.onDidActivate((board) => {
    active.choose(board).catch((error: unknown) => context.log.warn(String(error)));
  });
  const provider = vscode.window.registerTerminalProfileProvider('mpyFleet.repl', {
    provideTerminalProfile() {
      const board = active.current;
      if (!board) {
        showError(
          context,
          new UsageError(vscode.l10n.t('No board found'), {
            hint: vscode.l10n.t('Plug one in, or start a demo board.'),
            next: startDemo(),
          }),
        );
        return undefined;
      }
      const options = terminals.profile(board);
      if (options) return new vscode.TerminalProfile(options);
      terminals.show(board);
      return undefined;
    },
  });
  return vscode.Disposable.from(activation, provider);
}
