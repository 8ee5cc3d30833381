import * as vscode from 'vscode';
import { type Pace, wavesOf } from '../../core/many';

/** Asks for the pace of a roll-out; each choice shows the number of boards in each wave. Undefined: the user cancelled. */
export async function askPace(count: number, title: string): Promise<Pace | undefined> {
  const paces: { label: string; canaries: number; waves: number[] }[] = [
    { label: vscode.l10n.t('One board first, then all'), canaries: 1, waves: [] },
    { label: vscode.l10n.t('One board, then 10 %, 50 %, all'), canaries: 1, waves: [0.1, 0.5] },
    { label: vscode.l10n.t('Three boards, then 25 %, all'), canaries: 3, waves: [0.25] },
  ];
  const all = Array.from({ length: count }, (_, i) => i);
  const picked = await vscode.window.showQuickPick(
    paces.map((p) => ({
      ...p,
      description: wavesOf(all, p)
        .map((w) => w.length)
        .join(' + '),
    })),
    { title },
  );
  return picked && { canaries: picked.canaries, waves: picked.waves };
}

/**
 * Asks for the fraction of all boards that may fail before an update stops. Undefined: the user
 * cancelled.
 */
export async function askMostFailed(count: number): Promise<number | undefined> {
  const percents = [0, 5, 10, 25].filter((p) => p === 0 || (p * count) / 100 >= 1);
  if (percents.length === 1) return 0;
  const picked = await vscode.window.showQuickPick(
    percents.map((percent) => ({
      percent,
      label:
        percent === 0
          ? vscode.l10n.t('Stop when one board fails')
          : vscode.l10n.t('Stop when more than {0} % fail', percent),
      description:
        percent === 0
          ? ''
          : vscode.l10n.t('{0} of {1} boards may fail', Math.floor((percent * count) / 100), count),
    })),
    { title: vscode.l10n.t('When should the update stop?') },
  );
  return picked && picked.percent / 100;
}
