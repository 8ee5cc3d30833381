import * as vscode from 'vscode';
import { ACTIONS, CHART_PERIODS } from './messages';

const buttons = Object.keys(ACTIONS)
  .map((name) => `<vscode-button id="act-${name}" appearance="secondary" disabled></vscode-button>`)
  .join('\n    ');

const periods = CHART_PERIODS.map(
  (name) => `<option value="${name}" id="period-${name}"></option>`,
).join('');

/** The markup of the dashboard; its script fills it. */
export const dashboardBody = `
<header>
  <h1 id="title"></h1>
  <div id="cards" role="group"></div>
  <div id="toolbar" class="toolbar" role="toolbar" aria-controls="table">
    <input id="filter" type="search" />
    ${buttons}
  </div>
  <p id="count" role="status" aria-live="polite"></p>
</header>
<main>
  <div id="table" class="table-place"></div>
  <section id="board" hidden>
    <div class="board-head">
      <h2 id="boardName" tabindex="-1"></h2>
      <vscode-button id="measure" appearance="secondary"></vscode-button>
      <vscode-button id="history" appearance="secondary"></vscode-button>
      <vscode-button id="close" appearance="secondary"></vscode-button>
    </div>
    <ul id="issues"></ul>
    <dl id="facts"></dl>
    <select id="period">${periods}</select>
    <div id="charts"></div>
  </section>
</main>`;

/** Returns the words of the dashboard, in the user's language. */
export function dashboardWords(): Record<string, string> {
  return {
    title: vscode.l10n.t('MicroPython boards'),
    table: vscode.l10n.t('Boards'),
    cards: vscode.l10n.t('Overview: each row filters the boards'),
    filter: vscode.l10n.t('Filter: kit, tag:lab, state:ready'),
    none: vscode.l10n.t('No boards yet.'),
    countOne: vscode.l10n.t('{0} of 1 board'),
    count: vscode.l10n.t('{0} of {1} boards'),
    countChosenOne: vscode.l10n.t('{0} of 1 board, {2} selected'),
    countChosen: vscode.l10n.t('{0} of {1} boards, {2} selected'),
    actions: vscode.l10n.t('Actions for the selected boards'),
    scale: vscode.l10n.t('from {0} to {1}'),
    all: vscode.l10n.t('all'),
    there: vscode.l10n.t('reachable'),
    running: vscode.l10n.t('busy or running'),
    trouble: vscode.l10n.t('need attention'),
    waiting: vscode.l10n.t('have waiting jobs'),
    'act-run': vscode.l10n.t('Run File…'),
    'act-runCode': vscode.l10n.t('Run Code…'),
    'act-upload': vscode.l10n.t('Upload…'),
    'act-reset': vscode.l10n.t('Soft Reset'),
    'act-hardReset': vscode.l10n.t('Hard Reset'),
    'act-stop': vscode.l10n.t('Stop'),
    'act-rollOut': vscode.l10n.t('Roll Out…'),
    'act-updateAgent': vscode.l10n.t('Update Agent'),
    'act-clock': vscode.l10n.t('Set Clock'),
    'act-tags': vscode.l10n.t('Tags…'),
    'act-group': vscode.l10n.t('Save Group…'),
    'act-repl': vscode.l10n.t('REPL'),
    measure: vscode.l10n.t('Measure Now'),
    history: vscode.l10n.t('History'),
    period: vscode.l10n.t('Period of the charts'),
    'period-live': vscode.l10n.t('This window'),
    'period-day': vscode.l10n.t('Last day'),
    'period-week': vscode.l10n.t('Last week'),
    'period-month': vscode.l10n.t('Last 30 days'),
    close: vscode.l10n.t('Close'),
    name: vscode.l10n.t('Name'),
    uid: vscode.l10n.t('Unique ID'),
    platform: vscode.l10n.t('Platform'),
    firmware: vscode.l10n.t('Firmware'),
    agent: vscode.l10n.t('Agent'),
    app: vscode.l10n.t('App'),
    state: vscode.l10n.t('State'),
    mode: vscode.l10n.t('Mode'),
    lastSeen: vscode.l10n.t('Last seen'),
    roundTrip: vscode.l10n.t('Round trip'),
    memory: vscode.l10n.t('Memory free'),
    flash: vscode.l10n.t('Flash free'),
    signal: vscode.l10n.t('Signal'),
    battery: vscode.l10n.t('Battery'),
    uptime: vscode.l10n.t('Uptime'),
    reconnects: vscode.l10n.t('Reconnects'),
    health: vscode.l10n.t('Health'),
    well: vscode.l10n.t('healthy'),
    now: vscode.l10n.t('now'),
    secondsAgo: vscode.l10n.t('s ago'),
    minutesAgo: vscode.l10n.t('min ago'),
    hoursAgo: vscode.l10n.t('h ago'),
    lowest: vscode.l10n.t('lowest'),
    highest: vscode.l10n.t('highest'),
    last: vscode.l10n.t('last'),
    noStored: vscode.l10n.t('The history has no measurements of this board in this period.'),
    noSamples: vscode.l10n.t(
      'No measurements yet. Boards on a broker send them automatically; others send them on "Measure Now".',
    ),
  };
}
