import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import { wipe, wipeSummary } from '../../core/files';
import { compressHostlist } from '../../core/many';
import { showInputBox } from '../../views/message';
import type { Needs } from '../../views/context';
import { onEach } from '../agent';
import type { Call, Command } from '../types';

/** Deletes everything on boards, after the user has typed their name or number. */
export const wipeCommands: readonly Command[] = [
  {
    id: 'wipe',
    needs: 'boards',
    which: 'present',
    progress: {
      where: 'notification',
      title: (names) => vscode.l10n.t('Deleting all files on {0}', names),
    },
    run: wipeBoards,
  },
];

async function wipeBoards(
  context: Needs<'settings' | 'fileChanges' | 'many'>,
  boards: readonly Board[],
  call: Call,
): Promise<void> {
  if (!(await call.ask(() => isTyped(boards)))) return;
  await onEach(context, boards, call, {
    title: vscode.l10n.t('Delete All Files'),
    run: async (board, { signal, step }) => {
      await board.files.places(signal); // opens the link, which decides whether the agent is needed
      const files = context.fileChanges.observe(board.files, board);
      const result = await wipe(files, {
        keepAgent: board.transport?.kind === 'mqtt',
        signal,
        onProgress: (done, total, path) => step(path, done, total),
      });
      context.fileChanges.changed(board, '/');
      return wipeSummary(result);
    },
    told: (board, ended) => `${board.name}: ${ended}`,
  });
}

async function isTyped(boards: readonly Board[]): Promise<boolean> {
  const names = boards.map(({ name }) => name);
  const [only = ''] = names;
  const wanted = names.length === 1 ? only : `wipe ${names.length}`;
  const typed = await showInputBox({
    title: vscode.l10n.t('Delete all files on {0}? No copy is kept.', compressHostlist(names)),
    prompt: vscode.l10n.t(
      'Type {0} to continue. Memory cards are not touched, and boards behind a broker keep their agent.',
      wanted,
    ),
    validateInput: (text) =>
      text.trim() === wanted ? undefined : vscode.l10n.t('Type {0} to continue.', wanted),
  });
  return typed?.trim() === wanted;
}
