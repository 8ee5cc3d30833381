import * as vscode from 'vscode';
import { type Board, presentAgent } from '../../core/board';
import { ConnectionLostError, TimeoutError } from '../../core/errors';
import { forEachBoard } from '../../core/many';
import { shownTime } from '../../core/shownTime';
import { agentOf } from '../../views/broker';
import type { Needs } from '../../views/context';
import { showInformationMessage } from '../../views/message';
import { hasAgent } from '../../views/tree';
import { namesOf, summarise } from '../summary';
import type { Call, Command } from '../types';

/** Number of crashes of a board that cannot be asked that are shown. The history has all. */
const RECORDED = 5;

/** The crashes of a board, oldest first. */
interface Crashes {
  /** The board keeps its own list; this computer records the crashes that it receives. */
  readonly from: 'board' | 'computer';
  /** '' if there are none. */
  readonly text: string;
}

/** The command for crashes of boards behind brokers. */
export const crashCommands: readonly Command[] = [
  {
    id: 'showCrashLog',
    needs: 'boards',
    which: 'any',
    progress: { where: 'window', title: (names) => vscode.l10n.t('Reading crashes of {0}', names) },
    run: showCrashes,
  },
];

/**
 * Writes the crashes of boards to the log, one board at a time. One message names the boards without crashes, one those that could
 * not be asked.
 */
async function showCrashes(
  context: Needs<'fleet' | 'log' | 'tree' | 'brokers' | 'boardLogs' | 'history'>,
  boards: readonly Board[],
  { signal, begin }: Call,
): Promise<void> {
  begin();
  const read = (board: Board, own: AbortSignal) => crashesOf(context, board, own);
  const outcomes = await forEachBoard(boards, read, { signal });
  const well: Board[] = [];
  const recorded: Board[] = [];
  const unknown: Board[] = [];
  for (const outcome of outcomes) {
    if (outcome.status !== 'ok') continue;
    const { board, value } = outcome;
    const isOwn = value.from === 'board';
    if (value.text.trim() === '') (isOwn ? well : unknown).push(board);
    else {
      if (!isOwn) recorded.push(board);
      const title = isOwn
        ? vscode.l10n.t('Crashes of {0}', board.name)
        : vscode.l10n.t('Crashes of {0} that this computer recorded', board.name);
      context.boardLogs.append(board, title, value.text);
    }
  }
  summarise(context, outcomes, vscode.l10n.t('Reading crashes'), 'mpyFleet.showCrashLog');
  if (well.length === 1) {
    void showInformationMessage(vscode.l10n.t('{0} has not crashed', namesOf(well)));
  } else if (well.length > 1) {
    void showInformationMessage(vscode.l10n.t('{0} have not crashed', namesOf(well)));
  }
  tellWithoutAnswer(recorded, unknown);
}

/** Tells the user what is shown in place of answers of boards that could not be asked. */
function tellWithoutAnswer(recorded: readonly Board[], unknown: readonly Board[]): void {
  if (recorded.length > 0) {
    void showInformationMessage(
      vscode.l10n.t(
        '{0} cannot be reached. The log shows the last crashes that this computer recorded.',
        namesOf(recorded),
      ),
    );
  }
  if (unknown.length > 0) {
    void showInformationMessage(
      vscode.l10n.t(
        '{0} cannot be reached, and this computer has recorded no crash.',
        namesOf(unknown),
      ),
    );
  }
}

/**
 * Reads the crashes that a board has stored. A board that is away is not asked: its requests would be repeated for a minute. For
 * it, and for one that leaves before it answers, returns the crashes that this computer recorded.
 */
async function crashesOf(
  context: Needs<'fleet' | 'brokers' | 'history'>,
  board: Board,
  signal: AbortSignal,
): Promise<Crashes> {
  if (hasAgent(board) && !presentAgent(board)) return recordedCrashes(context, board);
  const left = new AbortController();
  const watch = context.fleet.onDidChangeBoard((changed) => {
    if (changed === board && !presentAgent(board)) left.abort();
  });
  try {
    const { control } = agentOf(context, board);
    const text = await control.crashes(AbortSignal.any([signal, left.signal]));
    return { from: 'board', text: text.replace(CRASH_HEAD, crashHead) };
  } catch (error) {
    const isSilent = error instanceof ConnectionLostError || error instanceof TimeoutError;
    if (signal.aborted || !(left.signal.aborted || isSilent)) throw error;
    return await recordedCrashes(context, board);
  } finally {
    watch.dispose();
  }
}

async function recordedCrashes({ history }: Needs<'history'>, { uid }: Board): Promise<Crashes> {
  if (uid === undefined) return { from: 'computer', text: '' };
  const { rows } = await history.store.events({ uid, kinds: ['crash'], limit: RECORDED });
  const texts = rows.map(
    ({ at, text }) => `${vscode.l10n.t('Crash, received at {0}', shownTime(at))}\n${text.trim()}\n`,
  );
  return { from: 'computer', text: texts.reverse().join('') };
}

/** The agent's header before each crash: its name, the start, and milliseconds since that start. */
const CRASH_HEAD = /^=== (\w+) ([0-9a-f]{8}) (\d{1,15})$/gm;

function crashHead(_line: string, who: string, boot: string, ms: string): string {
  const seconds = (Number(ms) / 1000).toFixed(1);
  return vscode.l10n.t('Crash of {0} {1} s after start {2}', who, seconds, boot);
}
