import * as vscode from 'vscode';

/** The markup of the results page; its script fills it. */
export const resultsBody = `
<header>
  <h2 id="title"></h2>
  <p id="summary" role="status" aria-live="polite"></p>
  <div id="toolbar" class="toolbar" role="toolbar">
    <vscode-button id="retry" appearance="primary" disabled></vscode-button>
    <vscode-button id="cancel" appearance="secondary" disabled></vscode-button>
    <vscode-button id="compare" appearance="secondary" disabled></vscode-button>
    <vscode-button id="open" appearance="secondary" disabled></vscode-button>
    <vscode-button id="export" appearance="secondary" disabled></vscode-button>
    <label class="check"><input type="checkbox" id="fold" checked /><span id="foldLabel"></span></label>
  </div>
</header>
<main>
  <div id="table" class="table-place"></div>
  <section id="detail" hidden>
    <h3 id="detailTitle"></h3>
    <pre id="detailText" tabindex="0"></pre>
  </section>
</main>`;

/** Returns the texts of the page, in the user's language. */
export function resultsWords(): Record<string, string> {
  return {
    none: vscode.l10n.t(
      'No jobs have been run on boards yet. Start with "MicroPython: Run on Boards…".',
    ),
    retry: vscode.l10n.t('Retry Failed'),
    cancel: vscode.l10n.t('Cancel'),
    compare: vscode.l10n.t('Compare Two Answers'),
    open: vscode.l10n.t('Open Answer'),
    export: vscode.l10n.t('Export…'),
    fold: vscode.l10n.t('Group equal answers'),
    board: vscode.l10n.t('Board'),
    state: vscode.l10n.t('State'),
    time: vscode.l10n.t('Time'),
    answer: vscode.l10n.t('Answer'),
    waiting: vscode.l10n.t('waiting'),
    running: vscode.l10n.t('running'),
    ok: vscode.l10n.t('done'),
    failed: vscode.l10n.t('failed'),
    cancelled: vscode.l10n.t('cancelled'),
    notReached: vscode.l10n.t('not reached'),
    skipped: vscode.l10n.t('skipped'),
    moreLine: vscode.l10n.t('more line'),
    moreLines: vscode.l10n.t('more lines'),
    openSource: vscode.l10n.t('Open Source'),
    boards: vscode.l10n.t('boards'),
    table: vscode.l10n.t('Answers of the boards'),
    nothing: vscode.l10n.t('(no output)'),
  };
}
