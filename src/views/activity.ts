import * as vscode from 'vscode';
import { counted } from '../core/counted';
import { type Board, isConnected } from '../core/board';
import { DisposableStore } from '../core/events';
import { type ManyJob, summarize } from '../core/many';
import type { Needs } from './context';

/** The state of a board that was last logged. */
interface Logged {
  /** Address of the open link; undefined: none. */
  readonly link: string | undefined;
  readonly error: string | undefined;
}

/** Logs which links opened, closed and failed, and how jobs on many boards ended. */
export function registerActivity(context: Needs<'log' | 'fleet' | 'many'>): vscode.Disposable {
  const { fleet, many, log } = context;
  const store = new DisposableStore();
  const follow = () => {
    const connected = fleet.boards.some((b) => isConnected(b.state) || b.state.tag === 'online');
    if (connected === wasConnected) return;
    wasConnected = connected;
    // The walkthrough uses this to mark its first step as done.
    void vscode.commands.executeCommand('setContext', 'mpyFleet.connected', connected);
  };
  let wasConnected: boolean | undefined;
  const logged = new WeakMap<Board, Logged>();
  store.add(
    fleet.onDidChangeBoard((board) => {
      follow();
      const before = logged.get(board) ?? { link: undefined, error: undefined };
      const now = { link: openLink(board), error: errorOf(board) };
      if (now.link === before.link && now.error === before.error) return;
      logged.set(board, now);
      for (const line of linesOf(board, before, now)) log.info(line);
    }),
  );
  const running = new WeakSet<ManyJob>();
  store.add(
    many.jobs.onDidChange(() => {
      for (const job of many.jobs.all) {
        const boards = job.results.length;
        if (job.running && !running.has(job)) {
          running.add(job);
          log.info(`${job.title}: begins on ${counted(boards, 'board')}`);
        } else if (!job.running && running.delete(job)) {
          log.info(`${job.title}: ${summarize(job.results)}`);
          for (const { board, error } of job.results) {
            if (error) log.error(`${job.title} (${board}): ${error.traceback ?? error.message}`);
          }
        }
      }
    }),
  );
  return vscode.Disposable.from(store);
}

/** Describes the change from `before` to `now` in lines. Names and messages may come from a board, so line ends are removed. */
function linesOf(board: Board, before: Logged, now: Logged): string[] {
  const lines: string[] = [];
  if (before.link !== undefined && before.link !== now.link)
    lines.push(`disconnected from ${before.link}`);
  if (now.link !== undefined && before.link !== now.link) lines.push(`connected over ${now.link}`);
  if (now.error !== undefined && before.error !== now.error) lines.push(now.error);
  return lines.map((line) => `${board.name}: ${line}`.replace(/\s+/g, ' '));
}

function openLink(board: Board): string | undefined {
  return isConnected(board.state) ? board.transport?.address.text : undefined;
}

function errorOf({ state }: Board): string | undefined {
  return 'error' in state ? state.error?.message : undefined;
}
