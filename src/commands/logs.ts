import * as vscode from 'vscode';
import { LEVELS, type LogFilter } from '../core/agent/agentLogs';
import type { LogLevel } from '../core/agent/agentProtocolLog';
import { UsageError } from '../core/errors';
import { agentOf } from '../views/broker/agentOf';
import type { ViewContext } from '../views/context';
import type { Command } from './types';

/** Logs of boards behind brokers. */
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
  { id: 'clearBoardLog', needs: 'nothing', run: ({ boardLogs }) => boardLogs.clear() },
  { id: 'exportBoardLog', needs: 'nothing', run: exportLog },
  {
    id: 'showCrashLog',
    needs: 'board',
    which: 'any',
    progress: { where: 'window', title: (names) => vscode.l10n.t('Reading crashes of {0}', names) },
    run: async (context, board, { signal }) => {
      const text = await agentOf(context, board).control.crashes(signal);
      if (text.trim() === '') {
        void vscode.window.showInformationMessage(vscode.l10n.t('{0} has not crashed', board.name));
      } else {
        const title = vscode.l10n.t('Crashes of {0}', board.name);
        context.boardLogs.append(board, title, text.replace(CRASH_HEAD, crashHead));
      }
    },
  },
];

/** What the agent writes before each crash: who, in which start, milliseconds since then. */
const CRASH_HEAD = /^=== (\w+) ([0-9a-f]{8}) (\d{1,15})$/gm;

function crashHead(_line: string, who: string, boot: string, ms: string): string {
  const seconds = (Number(ms) / 1000).toFixed(1);
  return vscode.l10n.t('Crash of {0} {1} s after start {2}', who, seconds, boot);
}

async function exportLog({ boardLogs }: ViewContext): Promise<void> {
  const text = boardLogs.text();
  if (text === '') throw new UsageError(vscode.l10n.t('The log is empty'));
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Save the log as it is shown'),
    saveLabel: vscode.l10n.t('Save'),
    filters: { Log: ['log', 'txt'] },
  });
  if (target) await vscode.workspace.fs.writeFile(target, Buffer.from(text));
}

/** Level, then logger; boards are chosen by showing the log on them. */
async function askFilter({ boardLogs }: ViewContext): Promise<LogFilter | undefined> {
  const t = vscode.l10n.t;
  const names: Record<string, string> = {
    ...{ D: t('Debug'), I: t('Information'), W: t('Warnings'), E: t('Errors'), C: t('Critical') },
  };
  const all = t('Everything');
  const logged = t('Everything but what was printed');
  const level = await vscode.window.showQuickPick(
    [
      { label: all, level: undefined, withoutPrinted: false },
      { label: logged, level: undefined, withoutPrinted: true },
      ...LEVELS.slice(1).map((l: LogLevel) => ({
        ...{ label: t('{0} and above', names[l] ?? l), level: l, withoutPrinted: true },
      })),
    ],
    { title: t('Which records?') },
  );
  if (!level) return undefined;
  const { loggers } = boardLogs.logs;
  const any = t('All loggers');
  const logger =
    loggers.length === 0
      ? any
      : await vscode.window.showQuickPick([any, ...loggers], { title: t('Of which logger?') });
  if (logger === undefined) return undefined;
  const everyBoard = t('All boards');
  const { uids } = boardLogs.filter;
  const keep = t('The same boards as now ({0})', uids?.size ?? 0);
  const boards = uids ? await vscode.window.showQuickPick([keep, everyBoard]) : everyBoard;
  if (boards === undefined) return undefined;
  return {
    ...(level.level ? { level: level.level } : {}),
    withoutPrinted: level.withoutPrinted,
    ...(logger === any ? {} : { logger }),
    ...(boards === keep && uids ? { uids } : {}),
  };
}
