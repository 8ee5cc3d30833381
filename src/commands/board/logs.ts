import * as vscode from 'vscode';
import { LEVELS, type LogFilter, type LogLevel } from '../../core/agent';
import type { Board } from '../../core/board';
import { UsageError } from '../../core/errors';
import { forEachBoard } from '../../core/many';
import { agentOf } from '../../views/broker';
import type { Needs } from '../../views/context';
import { namesOf, summarise } from '../summary';
import type { Call, Command } from '../types';
import { saveFile } from '../../views/saveFile';

/** The services that most functions here use. */
type Services = Needs<'log' | 'tree' | 'brokers' | 'boardLogs' | 'history'>;

/** Commands for the logs of boards behind brokers. */
export const logCommands: readonly Command[] = [
  {
    id: 'showBoardLog',
    needs: 'boards',
    which: 'any',
    run: (context, boards, { signal }) => context.boardLogs.show(boards, signal),
  },
  {
    id: 'filterBoardLog',
    needs: 'nothing',
    run: async (context) => {
      const filter = await askFilter(context);
      if (filter) context.boardLogs.setFilter(filter);
    },
  },
  {
    id: 'logMore',
    needs: 'boards',
    which: 'present',
    run: logMore,
  },
  { id: 'clearBoardLog', needs: 'nothing', run: ({ boardLogs }) => boardLogs.clear() },
  { id: 'exportBoardLog', needs: 'nothing', run: exportLog },
];

/**
 * Raises the log level for a while. The board resets it on its own, even if the window is closed by
 * then.
 */
async function logMore(
  context: Services,
  boards: readonly Board[],
  { signal }: Call,
): Promise<void> {
  const level = await vscode.window.showQuickPick(
    [
      { label: vscode.l10n.t('Debug and above'), level: 'D' as const },
      { label: vscode.l10n.t('Information and above'), level: 'I' as const },
      { label: vscode.l10n.t('Warnings and above'), level: 'W' as const },
    ],
    { title: vscode.l10n.t('What should {0} log for a while?', namesOf(boards)) },
  );
  if (!level) return;
  const time = await vscode.window.showQuickPick(
    [
      { label: vscode.l10n.t('5 minutes'), seconds: 300 },
      { label: vscode.l10n.t('30 minutes'), seconds: 1800 },
      { label: vscode.l10n.t('4 hours'), seconds: 14_400 },
    ],
    { title: vscode.l10n.t('For how long?') },
  );
  if (!time) return;
  const set = (board: Board, own: AbortSignal) =>
    agentOf(context, board).control.logFor(level.level, time.seconds, own);
  const outcomes = await forEachBoard(boards, set, { signal });
  summarise(context, outcomes, vscode.l10n.t('Changing the log level'), 'mpyFleet.logMore');
  await context.boardLogs.show(boards, signal);
}

async function exportLog({ boardLogs }: Needs<'boardLogs'>): Promise<void> {
  const text = boardLogs.text();
  if (text === '') throw new UsageError(vscode.l10n.t('The log is empty'));
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Save the log as shown'),
    saveLabel: vscode.l10n.t('Save'),
    filters: { Log: ['log', 'txt'] },
  });
  if (target) await saveFile(target, text);
}

/** Asks for the level, then for the logger. The board is chosen by opening its log. */
async function askFilter({ boardLogs }: Needs<'boardLogs'>): Promise<LogFilter | undefined> {
  const names: Record<string, string> = {
    ...{
      D: vscode.l10n.t('Debug'),
      I: vscode.l10n.t('Information'),
      W: vscode.l10n.t('Warnings'),
      E: vscode.l10n.t('Errors'),
      C: vscode.l10n.t('Critical'),
    },
  };
  const all = vscode.l10n.t('Everything');
  const logged = vscode.l10n.t('Everything except printed output');
  const level = await vscode.window.showQuickPick(
    [
      { label: all, level: undefined, withoutPrinted: false },
      { label: logged, level: undefined, withoutPrinted: true },
      ...LEVELS.slice(1).map((l: LogLevel) => ({
        ...{ label: vscode.l10n.t('{0} and above', names[l] ?? l), level: l, withoutPrinted: true },
      })),
    ],
    { title: vscode.l10n.t('Which records?') },
  );
  if (!level) return undefined;
  const { loggers } = boardLogs.logs;
  const any = vscode.l10n.t('All loggers');
  const logger =
    loggers.length === 0
      ? any
      : await vscode.window.showQuickPick([any, ...loggers], {
          title: vscode.l10n.t('Which logger?'),
        });
  if (logger === undefined) return undefined;
  const everyBoard = vscode.l10n.t('All boards');
  const { uids } = boardLogs.filter;
  const keep = vscode.l10n.t('The same boards as now ({0})', uids?.size ?? 0);
  const boards = uids ? await vscode.window.showQuickPick([keep, everyBoard]) : everyBoard;
  if (boards === undefined) return undefined;
  return {
    ...(level.level ? { level: level.level } : {}),
    withoutPrinted: level.withoutPrinted,
    ...(logger === any ? {} : { logger }),
    ...(boards === keep && uids ? { uids } : {}),
  };
}
