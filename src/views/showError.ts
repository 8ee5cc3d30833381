import * as vscode from 'vscode';
import type { Needs } from './context';
import { type FailedBoard, wordsFor, type NextStep } from './words';
import { showErrorMessage } from './message';

/** Shows one message for `error` with buttons for the next steps; see wordsFor. Does not wait for the user. */
export function showError(
  context: Needs<'log'>,
  error: unknown,
  retry?: () => void,
  board?: FailedBoard,
): void {
  const { text, steps } = wordsFor(error, retry !== undefined, board);
  showErrorMessage(text, ...steps.map((s) => s.title))
    .then(async (title) => {
      const step = steps.find((s) => s.title === title);
      if (step) await take(step, retry);
    })
    .then(undefined, (failure: unknown) =>
      context.log.error('A next step failed', String(failure)),
    );
}

async function take(step: NextStep, retry: (() => void) | undefined): Promise<void> {
  switch (step.action.kind) {
    case 'retry':
      retry?.();
      return;
    case 'copy':
      await vscode.env.clipboard.writeText(step.action.text);
      return;
    case 'command':
      await vscode.commands.executeCommand(step.action.command, ...(step.action.args ?? []));
  }
}
