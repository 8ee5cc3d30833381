import * as vscode from 'vscode';

/** The markup of the results page; its script fills it. */
export const resultsBody = `
<header>
  <h2 id="title"></h2>
  <p id="summary" role="status" aria-live="polite"></p>
  <div class="toolbar" role="toolbar">
    <vscode-button id="retry" appearance="primary" disabled></vscode-button>
    <vscode-button id="cancel" appearance="secondary" disabled></vscode-button>
    <vscode-button id="compare" appearance="secondary" disabled></vscode-button>
    <vscode-button id="open" appearance="secondary" disabled></vscode-button>
    <vscode-button id="export" appearance="secondary" disabled></vscode-button>
    <vscode-checkbox id="fold" checked></vscode-checkbox>
  </div>
</header>
<main>
  <div id="table" class="table-place"></div>
  <section id="detail" hidden>
    <h3 id="detailTitle"></h3>
    <pre id="detailText" tabindex="0"></pre>
  </section>
</main>`;

/** The words of the page, in the user's language. */
export function resultsWords(): Record<string, string> {
  const t = vscode.l10n.t;
  return {
    none: t('Nothing has been run on boards yet. "MicroPython: Run on Boards…" begins.'),
    retry: t('Retry Failed'),
    cancel: t('Cancel'),
    compare: t('Compare Two Answers'),
    open: t('Open Answer'),
    export: t('Export…'),
    fold: t('Fold equal answers'),
    board: t('Board'),
    state: t('State'),
    time: t('Time'),
    answer: t('Answer'),
    waiting: t('waiting'),
    running: t('running'),
    ok: t('done'),
    failed: t('failed'),
    cancelled: t('cancelled'),
    boards: t('boards'),
    table: t('Answers of the boards'),
    nothing: t('(no output)'),
  };
}
