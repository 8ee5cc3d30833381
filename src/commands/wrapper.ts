import * as vscode from 'vscode';
import { Deferred, systemClock } from '../core/async';
import type { Board } from '../core/board';
import { CancelledError, UsageError } from '../core/errors';
import { DisposableStore } from '../core/events';
import { withClickedRow } from './lostRow';
import { namesOf } from './summary';
import type { Needs, ViewContext } from '../views/context';
import { boardsOfNode } from '../views/tree';
import { showError } from '../views/showError';
import { resolveBoard, resolveBoards, resolveLocal, resolveRemote, resolveRows } from './targets';
import type { Call, Command, ProgressLook } from './types';
import { withProgress } from '../views/message';
import { WorkProgress, type ShownProgress } from './workProgress';

/** A command with resolved targets, which can be repeated. */
interface Ready {
  /** Title for the progress and for messages. */
  readonly boards: readonly Board[];
  run(call: Call): Promise<void> | void;
}

/**
 * Runs a command: resolves its targets, shows progress, logs the outcome, and shows one message.
 * @returns whether it was done, for commands that start another one
 */
export async function execute(
  context: ViewContext,
  command: Command,
  called: readonly unknown[],
): Promise<boolean> {
  const name = titleOf(context, command);
  let args: readonly unknown[];
  try {
    args = await withClickedRow(context, `mpyFleet.${command.id}`, called);
  } catch (error) {
    context.log.error(`${name}: failed`, describe(error));
    showError(context, error);
    return false;
  }
  const report = (error: unknown, retry: () => void, where = '', boards: readonly Board[] = []) => {
    if (error instanceof CancelledError) {
      context.log.info(`${name}${where}: cancelled`);
      return;
    }
    context.log.error(`${name}${where}: failed`, describe(error));
    showError(context, error, retry, boards.length === 1 ? boards[0] : undefined);
  };
  const attempt = async (ready: Ready): Promise<boolean> => {
    const where =
      ready.boards.length === 0 ? '' : ` (${ready.boards.map((b) => b.name).join(', ')})`;
    const start = performance.now();
    try {
      await context.history.operations.run(name, () => runReady(context, command, ready, args));
      const seconds = (performance.now() - start) / 1000;
      if (ready.boards.length > 0)
        context.log.info(`${name}${where}: done in ${seconds.toFixed(1)} s`);
      return true;
    } catch (error) {
      report(error, () => void attempt(ready), where, ready.boards);
      return false;
    }
  };
  try {
    const ready = await prepare(context, command, args);
    return ready !== undefined && (await attempt(ready));
  } catch (error) {
    report(error, () => void execute(context, command, args));
    return false;
  }
}

/** Returns the command's title as the palette has it, for the log. */
function titleOf({ extension }: Needs<'extension'>, command: Command): string {
  const manifest = extension.extension.packageJSON as {
    contributes: { commands: { command: string; title: string }[] };
  };
  const id = `mpyFleet.${command.id}`;
  return manifest.contributes.commands.find((c) => c.command === id)?.title ?? command.id;
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
    case 'rows': {
      const rows = await resolveRows(context, args);
      const boards = [...new Set(rows.flatMap(boardsOfNode))];
      return { boards, run: (call) => command.run(context, rows, call) };
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

async function runReady(
  context: Needs<'fleet' | 'questions'>,
  command: Command,
  ready: Ready,
  args: readonly unknown[],
): Promise<void> {
  const look = command.progress;
  const abort = new AbortController();
  const { signal } = abort;
  if (!look) {
    const quiet = { report: () => undefined, begin: () => undefined };
    await ready.run({ args, signal, ...quiet, ask: async (question) => question() });
    return;
  }
  const progress = new WorkProgress(systemClock, () => openProgress(look, ready, abort));
  const store = new DisposableStore();
  store.add(progress);
  const concerns = (board: Board) => ready.boards.length === 0 || ready.boards.includes(board);
  store.add(
    context.fleet.onDidChangeBoard((board) => {
      const { tag } = board.state;
      if (concerns(board)) progress.working(tag === 'busy' || tag === 'connecting');
    }),
  );
  store.add(
    context.questions.onDidAsk(({ board, answered }) => {
      // The result of the question is handled by the work that asked it.
      if (concerns(board)) progress.during(() => answered).catch(() => undefined);
    }),
  );
  try {
    await ready.run({
      args,
      signal,
      report: (message, done, total) => progress.report(message, done, total),
      begin: () => progress.begin(),
      ask: (question) => progress.during(question),
    });
  } finally {
    store.dispose();
  }
}

/** Shows a progress with a cancel button. */
function openProgress(look: ProgressLook, ready: Ready, abort: AbortController): ShownProgress {
  const ended = new Deferred<undefined>();
  const title = look.title(namesOf(ready.boards));
  const options = { location: LOCATIONS[look.where], title, cancellable: true };
  let shown: vscode.Progress<{ message?: string; increment?: number }> | undefined;
  let last: { message?: string; increment?: number } = {};
  void withProgress(options, async (progress, token) => {
    shown = progress;
    progress.report(last);
    const subscription = token.onCancellationRequested(() => abort.abort(new CancelledError()));
    await ended.promise;
    subscription.dispose();
  });
  return {
    report: (message, increment) => {
      const now = { ...(message && { message }), ...(increment !== undefined && { increment }) };
      if (shown) shown.report(now);
      // Steps that were reported before it appeared count as one step.
      else last = { ...now, increment: (last.increment ?? 0) + (increment ?? 0) };
    },
    close: () => ended.resolve(undefined),
  };
}

/** Formats an error with its stack and causes, for the log. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // What the user can mend needs no stack, which would hide the lines around it.
  if (error instanceof UsageError && error.cause === undefined) {
    return [error.message, error.hint].filter(Boolean).join('. ');
  }
  const cause = error.cause === undefined ? '' : `\ncaused by ${describe(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
