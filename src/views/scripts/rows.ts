import * as vscode from 'vscode';
import { whenText, type Schedule, type ScheduleState } from '../../core/apps';
import type { Board } from '../../core/board';
import { shownTime } from '../../core/shownTime';

/** A row of the Scripts and Schedules view. */
export type ScriptRow =
  | { readonly kind: 'scripts' }
  | { readonly kind: 'computer' }
  | { readonly kind: 'script'; readonly name: string; readonly uri: vscode.Uri }
  | {
      readonly kind: 'computerSchedule';
      readonly schedule: Schedule & { readonly next: number | undefined };
    }
  | { readonly kind: 'scheduleBoard'; readonly board: Board }
  | { readonly kind: 'boardSchedule'; readonly board: Board; readonly schedule: ScheduleState }
  | { readonly kind: 'scriptNote'; readonly label: string; readonly tooltip?: string };

const KINDS: readonly string[] = [
  ...['scripts', 'computer', 'script', 'computerSchedule', 'scheduleBoard', 'boardSchedule'],
  'scriptNote',
];

/** Returns whether a command's argument is a row of the view. */
export function isScriptRow(value: unknown): value is ScriptRow {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  return KINDS.includes(String(value.kind));
}

const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;

/** Returns the tree item of a row. @param few whether boards are expanded initially */
export function rowItem(row: ScriptRow, few: boolean): vscode.TreeItem {
  switch (row.kind) {
    case 'scripts':
      return parent(vscode.l10n.t('Kept Scripts'), 'file-code', Expanded);
    case 'computer':
      return parent(vscode.l10n.t('Schedules on This Computer'), 'watch', Expanded);
    case 'scheduleBoard': {
      const item = parent(row.board.name, 'circuit-board', few ? Expanded : Collapsed);
      item.id = `schedules|${row.board.id}`;
      item.contextValue = 'scheduleBoard';
      return item;
    }
    case 'script': {
      const item = new vscode.TreeItem(row.name, None);
      item.iconPath = new vscode.ThemeIcon('file-code');
      item.contextValue = 'keptScript';
      item.tooltip = row.uri.fsPath;
      const title = vscode.l10n.t('Open');
      item.command = { command: 'vscode.open', title, arguments: [row.uri] };
      return item;
    }
    case 'computerSchedule':
      return computerItem(row.schedule);
    case 'boardSchedule':
      return boardItem(row.board, row.schedule);
    case 'scriptNote': {
      const item = new vscode.TreeItem(row.label, None);
      item.tooltip = row.tooltip;
      item.contextValue = 'note';
      return item;
    }
  }
}

function parent(
  label: string,
  icon: string,
  state: vscode.TreeItemCollapsibleState,
): vscode.TreeItem {
  const item = new vscode.TreeItem(label, state);
  item.iconPath = new vscode.ThemeIcon(icon);
  return item;
}

function computerItem(schedule: Schedule & { readonly next: number | undefined }): vscode.TreeItem {
  const { name, status, command, said = '' } = schedule;
  const item = new vscode.TreeItem(name, None);
  const failed = status !== undefined && status !== 0;
  item.id = `schedules||${name}`;
  item.iconPath = icon(failed);
  item.contextValue = 'computerSchedule';
  item.description = times(whenText(schedule), schedule.last, schedule.next);
  const ended =
    status === undefined
      ? []
      : [failed ? vscode.l10n.t('Ended with status {0}', status) : vscode.l10n.t('Succeeded')];
  const lines = [item.description, `mpyfleet ${command.join(' ')}`, ...ended, said.trimEnd()];
  item.tooltip = lines.join('\n').trimEnd();
  return item;
}

function boardItem(board: Board, schedule: ScheduleState): vscode.TreeItem {
  const { id, file, last, next, runs, error } = schedule;
  const item = new vscode.TreeItem(id, None);
  item.id = `schedules|${board.id}|${id}`;
  item.iconPath = icon(error !== undefined);
  item.contextValue = 'boardSchedule';
  item.description = times(whenText(schedule), last === undefined ? undefined : last * 1_000, next);
  const ran =
    runs === undefined
      ? []
      : [
          runs === 1
            ? vscode.l10n.t('1 run since the start')
            : vscode.l10n.t('{0} runs since the start', runs),
        ];
  item.tooltip = [item.description, file, ...ran, error?.trimEnd() ?? ''].join('\n').trimEnd();
  return item;
}

function icon(failed: boolean): vscode.ThemeIcon {
  return failed
    ? new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'))
    : new vscode.ThemeIcon('calendar');
}

/**
 * Formats `every 300 s · last 14:05:00 · next 14:10:00`, with the day only if it is not today.
 * Times are in milliseconds since 1970.
 */
function times(when: string, last: number | undefined, next: number | undefined): string {
  const today = shownTime(Date.now()).slice(0, 10);
  const short = (at: number) => shownTime(at).replace(`${today} `, '');
  const words = [when];
  words.push(
    last ? vscode.l10n.t('last {0}', short(last)) : vscode.l10n.t('has not run'),
    ...(next === undefined ? [] : [vscode.l10n.t('next {0}', short(next))]),
  );
  return words.join(' · ');
}
