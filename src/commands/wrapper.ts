import * as vscode from 'vscode';
import type { Board } from '../core/board/board';
import { CancelledError } from '../core/errors';
import { namesOf } from './summary';
import type { ViewContext } from '../views/context';
import { showError } from '../views/showError';
import { resolveBoard, resolveBoards, resolveLocal, resolveRemote } from './targets';
import type { Call, Command } from './types';

/** A command whose targets are known: what is left is to do it, as often as the user asks. */
interface Ready {
  /** For the progress and for messages. */
  readonly boards: readonly Board[];
  run(call: Call): Promise<void> | void;
}

/** Runs a command: finds its targets, shows progress, logs what fails with its stack, and shows one message. */
export async function execute(
  context: ViewContext,
  command: Command,
  args: readonly unknown[],
): Promise<void> {
  const report = (error: unknown, retry: () => void) => {
    if (error instanceof CancelledError) return;
    context.log.error(`${command.id} failed`, describe(error));
    showError(context, error, retry);
  };
  const attempt = async (ready: Ready): Promise<void> => {
    try {
      await withProgress(command, ready, args);
    } catch (error) {
      report(error, () => void attempt(ready));
    }
  };
  try {
    const ready = await prepare(context, command, args);
    if (ready) await attempt(ready);
  } catch (error) {
    report(error, () => void execute(context, command, args));
  }
}

/** Finds the targets. Undefined: the user chose none. */
async function prepare(
  context: ViewContext,
  command: Command,
  args: readonly unknown[],
): Promise<Ready | undefined> {
  switch (command.needs) {
    case 'nothing':
      return { boards: [], run: (call) => command.run(context, call) };
    case 'board': {
      const board = await resolveBoard(context, command.which, args);
      return board && { boards: [board], run: (call) => command.run(context, board, call) };
    }
    case 'boards': {
      const boards = await resolveBoards(context, command.which, args);
      return boards && { boards, run: (call) => command.run(context, boards, call) };
    }
    case 'remote': {
      const targets = await resolveRemote(context, args);
      const boards = [...new Set(targets?.map((t) => t.board))];
      return targets && { boards, run: (call) => command.run(context, targets, call) };
    }
    case 'local': {
      const target = await resolveLocal(context, command, args);
      return target && { boards: target.boards, run: (call) => command.run(context, target, call) };
    }
  }
}

const LOCATIONS = {
  notification: vscode.ProgressLocation.Notification,
  window: vscode.ProgressLocation.Window,
  view: { viewId: 'mpyFleet.boards' },
} as const;

async function withProgress(
  command: Command,
  ready: Ready,
  args: readonly unknown[],
): Promise<void> {
  const look = command.progress;
  if (!look) {
    await ready.run({ args, signal: new AbortController().signal, report: () => undefined });
    return;
  }
  const title = look.title(namesOf(ready.boards));
  const options = { location: LOCATIONS[look.where], title, cancellable: true };
  await vscode.window.withProgress(options, async (progress, token) => {
    const abort = new AbortController();
    const subscription = token.onCancellationRequested(() => abort.abort(new CancelledError()));
    let shown = 0;
    const report: Call['report'] = (message, done, total) => {
      const share = done !== undefined && total ? (100 * done) / total : undefined;
      progress.report({ message, increment: share === undefined ? undefined : share - shown });
      if (share !== undefined) shown = share;
    };
    try {
      await ready.run({ args, signal: abort.signal, report });
    } finally {
      subscription.dispose();
    }
  });
}

/** The error with its stack and its causes, for the log. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${describe(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
