import * as vscode from 'vscode';
import { compressHostlist } from '../../core/many';
import { type AuditEntry, type EventEntry, type HistoryRow, statusOf } from '../../core/store';
import { shownTime } from '../../core/shownTime';
import type { HistoryLine } from './messages';

/** Maximum number of boards in an operation's details. The export contains all. */
const LISTED = 500;

/** Formats an entry of the history as a line of the table. `nameOf` returns the current name of a board. */
export function lineOf(row: HistoryRow, nameOf: (uid: string) => string): HistoryLine {
  return row.type === 'operation' ? operation(row.entry) : event(row.entry, nameOf);
}

function operation(entry: AuditEntry): HistoryLine {
  const { at, who, origin, what, ms, boards } = entry;
  const bad = boards.filter((b) => b.status !== 'ok');
  const failed = boards.length > 1 && bad.length > 0 ? ` (${bad.length} / ${boards.length})` : '';
  const from = origin === 'shell' ? vscode.l10n.t('a shell') : vscode.l10n.t('the window');
  const detail = [
    what,
    vscode.l10n.t(
      '{0}, by {1} from {2}, took {3} s',
      shownTime(at),
      who,
      from,
      (ms / 1000).toFixed(1),
    ),
    '',
    ...[...bad, ...boards.filter((b) => b.status === 'ok')]
      .slice(0, LISTED)
      .map((b) => `${b.name}: ${b.error ?? statusWord(b.status)}`),
    ...(boards.length > LISTED ? ['…'] : []),
  ];
  return {
    ...{ at, who, status: statusOf(entry) },
    kind: vscode.l10n.t('operation'),
    boards: compressHostlist(boards.map((b) => b.name)),
    text: `${what}${failed}`,
    detail: detail.join('\n'),
  };
}

function event({ at, uid, kind, text }: EventEntry, nameOf: (uid: string) => string): HistoryLine {
  const lines = text.trim().split('\n');
  // The last line of a traceback contains the error. A board's log puts a name before the first line.
  const [first = ''] = lines;
  const line = (kind === 'crash' || isTraceback(first) ? lines.at(-1) : first) ?? '';
  const name = nameOf(uid);
  return {
    ...{ at, who: '', boards: name },
    status: kind === 'crash' ? 'failed' : '',
    kind: kindWord(kind),
    text: line,
    detail: [`${kindWord(kind)}: ${name}`, shownTime(at), '', text].join('\n'),
  };
}

function isTraceback(line: string): boolean {
  return line.endsWith('Traceback (most recent call last):');
}

function statusWord(status: string): string {
  switch (status) {
    case 'ok':
      return vscode.l10n.t('done');
    case 'cancelled':
      return vscode.l10n.t('cancelled');
    default:
      return vscode.l10n.t('failed');
  }
}

function kindWord(kind: string): string {
  const words: Readonly<Record<string, string>> = {
    crash: vscode.l10n.t('crash'),
    task: vscode.l10n.t('task restarted'),
    module: vscode.l10n.t('module failed'),
    app: vscode.l10n.t('program'),
    agent: vscode.l10n.t('agent update'),
    ota: vscode.l10n.t('firmware update'),
    start: vscode.l10n.t('start'),
    away: vscode.l10n.t('away'),
    back: vscode.l10n.t('back'),
    flood: vscode.l10n.t('too much'),
    'log:D': vscode.l10n.t('log: debug'),
    'log:I': vscode.l10n.t('log: info'),
    'log:W': vscode.l10n.t('log: warning'),
    'log:E': vscode.l10n.t('log: error'),
    'log:C': vscode.l10n.t('log: critical'),
    'log:O': vscode.l10n.t('printed'),
  };
  return words[kind] ?? kind;
}
