import * as vscode from 'vscode';

/** The markup of the production line; its script fills it. */
export const lineBody = `
<header>
  <h1 id="title"></h1>
  <div id="toolbar" class="toolbar" role="toolbar" aria-controls="table">
    <vscode-button id="start"></vscode-button>
    <vscode-button id="stop" appearance="secondary"></vscode-button>
    <vscode-button id="list" appearance="secondary"></vscode-button>
    <vscode-button id="labels" appearance="secondary"></vscode-button>
  </div>
  <p id="says" role="status" aria-live="polite"></p>
  <p id="count"></p>
</header>
<main>
  <div id="table" class="table-place"></div>
  <section id="detail" hidden>
    <pre id="detailText" tabindex="0"></pre>
  </section>
</main>`;

/** Returns the texts of the page, in the user's language. */
export function lineWords(template: string): Record<string, string> {
  return {
    title: vscode.l10n.t('Production line: {0}', template),
    toolbar: vscode.l10n.t('Production line'),
    table: vscode.l10n.t('Boards of this line, newest first'),
    start: vscode.l10n.t('Start'),
    stop: vscode.l10n.t('Stop'),
    list: vscode.l10n.t('Open the List (CSV)'),
    labels: vscode.l10n.t('Open the Labels'),
    count: vscode.l10n.t('{0} ready, {1} failed'),
    place: vscode.l10n.t('Port'),
    name: vscode.l10n.t('Board'),
    uid: vscode.l10n.t('Unique ID'),
    firmware: vscode.l10n.t('Firmware'),
    state: vscode.l10n.t('Result'),
    words: vscode.l10n.t('What'),
    seconds: vscode.l10n.t('Seconds'),
    working: vscode.l10n.t('working'),
    ok: vscode.l10n.t('ready'),
    failed: vscode.l10n.t('failed'),
    already: vscode.l10n.t('was set up before'),
  };
}
