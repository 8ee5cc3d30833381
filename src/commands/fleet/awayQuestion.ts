import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import { compressHostlist } from '../../core/many';
import { shownMinute } from '../../core/shownTime';

/** The question about boards that are away, and the titles of its buttons. */
export interface AwayQuestion {
  readonly text: string;
  /** What either answer means for the boards that are here; undefined if there are none. */
  readonly detail: string | undefined;
  /** What to do where there is nothing to choose. */
  readonly hint: string;
  readonly later: string;
  readonly skip: string;
}

/** Words the question about the boards that are away or asleep, one or more of `all` on which a command works. */
export function awayQuestion(
  away: readonly Pick<Board, 'name' | 'asleep'>[],
  all: number,
): AwayQuestion {
  const sleeping = away.every(({ asleep }) => asleep && !asleep.overslept);
  const one = away.length === 1;
  return {
    text: sleeping ? asleepWords(away, all) : awayWords(away, all),
    detail: detailOf(all - away.length),
    hint: sleeping
      ? vscode.l10n.t('Try again then.')
      : one
        ? vscode.l10n.t('Plug it in or power it up, then try again.')
        : vscode.l10n.t('Plug them in or power them up, then try again.'),
    later: sleeping
      ? one
        ? vscode.l10n.t('Run When It Wakes Up')
        : vscode.l10n.t('Run When They Wake Up')
      : one
        ? vscode.l10n.t('Run When It Is Back')
        : vscode.l10n.t('Run When They Are Back'),
    skip: one ? vscode.l10n.t('Leave It Out') : vscode.l10n.t('Leave Them Out'),
  };
}

function detailOf(here: number): string | undefined {
  if (here === 0) return undefined;
  return here === 1
    ? vscode.l10n.t('Work on the other board begins now.')
    : vscode.l10n.t('Work on the other {0} boards begins now.', here);
}

function awayWords(away: readonly Pick<Board, 'name'>[], all: number): string {
  const names = compressHostlist(away.map((b) => b.name));
  if (all === 1) return vscode.l10n.t('{0} is away', names);
  if (away.length === all) return vscode.l10n.t('All {0} boards are away: {1}', all, names);
  return away.length === 1
    ? vscode.l10n.t('{0} is away (1 of {1} boards)', names, all)
    : vscode.l10n.t('{0} are away ({1} of {2} boards)', names, away.length, all);
}

function asleepWords(away: readonly Pick<Board, 'name' | 'asleep'>[], all: number): string {
  const names = compressHostlist(away.map((b) => b.name));
  const first = Math.min(...away.map((b) => b.asleep?.until ?? Infinity));
  const time = shownMinute(first, Date.now());
  if (all === 1) return vscode.l10n.t('{0} is asleep. It wakes up at {1}', names, time);
  if (away.length === all) {
    return vscode.l10n.t(
      'All {0} boards are asleep: {1}. The first wakes up at {2}',
      ...[all, names, time],
    );
  }
  return away.length === 1
    ? vscode.l10n.t('{0} is asleep (1 of {1} boards). It wakes up at {2}', names, all, time)
    : vscode.l10n.t(
        '{0} are asleep ({1} of {2} boards). The first wakes up at {3}',
        ...[names, away.length, all, time],
      );
}
