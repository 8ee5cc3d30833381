import * as vscode from 'vscode';
import { HISTORY_TYPES } from '../../core/store';
import { periodMarkup, periodWords } from '../periodMarkup';

const options = (values: readonly string[], name: string) =>
  values.map((value) => `<option value="${value}" id="${name}-${value}"></option>`).join('');

/** The markup of the history; its script fills it. */
export const historyBody = `
<header>
  <h1 id="title"></h1>
  <div id="toolbar" class="toolbar" role="toolbar" aria-controls="table">
    <input id="text" type="search" />
    <select id="type">${options(HISTORY_TYPES, 'type')}</select>
    <select id="board"></select>
    <select id="status">${options(['', 'ok', 'failed', 'cancelled'], 'status')}</select>
    ${periodMarkup}
    <vscode-button id="refresh" appearance="secondary"></vscode-button>
    <vscode-button id="export" appearance="secondary"></vscode-button>
  </div>
  <p id="count" role="status" aria-live="polite"></p>
</header>
<main>
  <div id="table" class="table-place"></div>
  <section id="detail" hidden>
    <pre id="detailText" tabindex="0"></pre>
  </section>
</main>
<vscode-button id="more" appearance="secondary" hidden></vscode-button>`;

/** Returns the texts of the page, in the user's language. */
export function historyWords(): Record<string, string> {
  return {
    title: vscode.l10n.t('MicroPython history'),
    table: vscode.l10n.t('Entries, newest first'),
    toolbar: vscode.l10n.t('What is shown'),
    text: vscode.l10n.t('Search'),
    type: vscode.l10n.t('Type'),
    board: vscode.l10n.t('Board'),
    status: vscode.l10n.t('Result'),
    ...periodWords(),
    'type-all': vscode.l10n.t('Everything'),
    'type-operations': vscode.l10n.t('Operations'),
    'type-crashes': vscode.l10n.t('Crashes'),
    'type-events': vscode.l10n.t('Events of boards'),
    'type-log': vscode.l10n.t('Log lines'),
    'status-': vscode.l10n.t('Any result'),
    'status-ok': vscode.l10n.t('Done'),
    'status-failed': vscode.l10n.t('Failed'),
    'status-cancelled': vscode.l10n.t('Cancelled'),
    allBoards: vscode.l10n.t('All boards'),
    refresh: vscode.l10n.t('Refresh'),
    export: vscode.l10n.t('Export…'),
    more: vscode.l10n.t('Show More'),
    none: vscode.l10n.t('Nothing was found. Try a longer period or fewer filters.'),
    countOne: vscode.l10n.t('1 entry'),
    count: vscode.l10n.t('{0} entries'),
    countMore: vscode.l10n.t('The newest {0} entries; there are more'),
    time: vscode.l10n.t('Time'),
    kind: vscode.l10n.t('What'),
    boards: vscode.l10n.t('Board'),
    what: vscode.l10n.t('Text'),
    who: vscode.l10n.t('Who'),
    ok: vscode.l10n.t('done'),
    failed: vscode.l10n.t('failed'),
    cancelled: vscode.l10n.t('cancelled'),
  };
}
