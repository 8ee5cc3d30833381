import * as vscode from 'vscode';
import { PERIODS } from '../core/period';

const options = PERIODS.map((name) => `<option value="${name}" id="period-${name}"></option>`);

/** The choice of a period in a page; its script is media/src/parts/periodChoice.ts. */
export const periodMarkup = `<select id="period">${options.join('')}</select>
<span id="between" hidden>
  <input id="from" type="datetime-local" max="9999-12-31T23:59" aria-describedby="periodProblem" />
  – <input id="to" type="datetime-local" max="9999-12-31T23:59" aria-describedby="periodProblem" />
  <span id="periodProblem" role="alert"></span>
</span>`;

/** Returns its texts, in the user's language. */
export function periodWords(): Record<string, string> {
  return {
    period: vscode.l10n.t('Period'),
    from: vscode.l10n.t('From'),
    to: vscode.l10n.t('To'),
    'period-hour': vscode.l10n.t('Last hour'),
    'period-day': vscode.l10n.t('Last day'),
    'period-week': vscode.l10n.t('Last week'),
    'period-month': vscode.l10n.t('Last 30 days'),
    'period-all': vscode.l10n.t('All time'),
    'period-between': vscode.l10n.t('Between…'),
    'problem-time': vscode.l10n.t('Enter the day and the time.'),
    'problem-order': vscode.l10n.t('The end is before the beginning.'),
  };
}
