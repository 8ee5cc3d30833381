import * as vscode from 'vscode';

/** The markup of the form; its script fills it. */
export const configureBody = `
<header>
  <h1 id="configureTitle"></h1>
  <p id="boards"></p>
  <div id="toolbar" class="toolbar" role="toolbar" aria-controls="settings">
    <vscode-button id="apply"></vscode-button>
    <vscode-button id="refresh" appearance="secondary"></vscode-button>
    <vscode-button id="load" appearance="secondary"></vscode-button>
    <vscode-button id="save" appearance="secondary"></vscode-button>
  </div>
  <p id="status" role="status" aria-live="polite"></p>
  <p id="help"></p>
</header>
<main id="settings"></main>`;

/** Returns the words of the page, in the user's language. */
export function configureWords(): Record<string, string> {
  return {
    title: vscode.l10n.t('Configure boards'),
    toolbar: vscode.l10n.t('Configuration'),
    apply: vscode.l10n.t('Apply to Boards'),
    refresh: vscode.l10n.t('Read Again'),
    load: vscode.l10n.t('Load File…'),
    save: vscode.l10n.t('Save as File…'),
    help: vscode.l10n.t(
      'In texts, {name}, {n}, {n:2}, {platform} and {uid} stand for the values of each board. Write a password as {secret:NAME}; you are asked for it once.',
    ),
    keep: vscode.l10n.t('Leave as it is'),
    set: vscode.l10n.t('Set to'),
    default: vscode.l10n.t('Use the default'),
    mode: vscode.l10n.t('{0}: what to do'),
    restart: vscode.l10n.t('The board restarts to use this.'),
    reported: vscode.l10n.t('On the boards'),
    none: vscode.l10n.t('default'),
    on: vscode.l10n.t('{0}: {1}'),
    moreOne: vscode.l10n.t('1 other value'),
    moreValues: vscode.l10n.t('{0} other values'),
    readingOne: vscode.l10n.t('Reading the configuration of 1 board'),
    reading: vscode.l10n.t('Reading the configuration of {0} boards'),
    allReadOne: vscode.l10n.t('{0} of 1 board has reported its configuration'),
    allRead: vscode.l10n.t('{0} of {1} boards have reported their configuration'),
    nothingSet: vscode.l10n.t('Choose "Set to" for the settings that you want to change.'),
    fits: vscode.l10n.t('The boards already have this value'),
    drift: vscode.l10n.t('Different on {0}'),
    add: vscode.l10n.t('Add'),
    remove: vscode.l10n.t('Remove'),
    unset: vscode.l10n.t('not specified'),
    yes: vscode.l10n.t('yes'),
    no: vscode.l10n.t('no'),
    list: vscode.l10n.t('separated by commas'),
    json: vscode.l10n.t('as JSON'),
    badJson: vscode.l10n.t('{0} is not valid JSON'),
  };
}
