import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import type { PendingJobs } from '../../core/many';
import type { AppVersion, AppVersions } from '../apps/appVersions';
import type { Shares } from '../sharing/shares';
import type { NewestRelease } from '../newestRelease';
import type { BoardMarks } from './boardItem';
import type { NoteNode } from './nodes';

/**
 * Facts that the tree shows about a board but that this computer holds: waiting jobs and its app.
 */
export class BoardNotes {
  constructor(
    private readonly pending: Pick<PendingJobs, 'for' | 'onDidChange'>,
    private readonly apps: Pick<AppVersions, 'of' | 'onDidChange'>,
    private readonly newest: Pick<NewestRelease, 'markOf' | 'onDidChange'>,
    private readonly shares: Pick<Shares, 'brokerOf' | 'onDidChange'>,
  ) {}

  /** Calls `redraw` when notes change: those of a board, or of all. */
  onDidChange(redraw: (board: Board | undefined) => void): vscode.Disposable {
    return vscode.Disposable.from(
      this.pending.onDidChange(() => redraw(undefined)),
      this.apps.onDidChange(redraw),
      this.newest.onDidChange(() => redraw(undefined)),
      this.shares.onDidChange(redraw),
    );
  }

  /** Returns the number of waiting jobs, the texts about the board's app and newer firmware, and whether it is shared. */
  of(board: Board): Pick<BoardMarks, 'jobs' | 'app' | 'firmware' | 'isShared'> {
    const jobs = board.uid === undefined ? 0 : this.pending.for(board.uid).length;
    const isShared = this.shares.brokerOf(board) !== undefined;
    return {
      ...{ jobs, isShared, app: appMark(this.apps.of(board)) },
      firmware: this.newest.markOf(board),
    };
  }

  /** Returns the row about the app below a board. Undefined without an app. */
  appRow(board: Board): NoteNode[] {
    const app = this.apps.of(board);
    if (!app) return [];
    const { run, desired, drift, bad } = app;
    const differs = drift !== 'none';
    const lines = [
      run === undefined ? vscode.l10n.t('No app runs') : vscode.l10n.t('Runs {0}', run),
      ...(desired === undefined ? [] : [vscode.l10n.t('Should run {0}', desired)]),
      ...(bad ? [vscode.l10n.t('Kept failing: {0}', bad.version), bad.why.trimEnd()] : []),
    ];
    return [
      {
        kind: 'note',
        board,
        label: run === undefined ? vscode.l10n.t('no app') : shortVersion(run),
        ...(appMark(app) ? { description: appMark(app) ?? '' } : {}),
        tooltip: lines.join('\n'),
        icon: differs || bad ? 'warning' : 'rocket',
        ...(differs ? { command: 'mpyFleet.applyApps' } : {}),
      },
    ];
  }
}

/** Formats `hello/1.0.0-1a2b3c4d` as `hello 1.0.0`. The tooltip contains the hash. */
export function shortVersion(id: string): string {
  return id.replace('/', ' ').replace(/-[0-9a-f]{8}$/, '');
}

function appMark(app: AppVersion | undefined): string | undefined {
  if (!app) return undefined;
  const { drift, desired = '', onTrial } = app;
  if (drift === 'rejected') return vscode.l10n.t('fell back from {0}', shortVersion(desired));
  if (drift === 'differs') return vscode.l10n.t('should run {0}', shortVersion(desired));
  return onTrial ? vscode.l10n.t('app on trial') : undefined;
}
