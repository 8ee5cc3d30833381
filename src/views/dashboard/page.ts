import * as vscode from 'vscode';
import { ACTIONS } from './messages';

const buttons = Object.keys(ACTIONS)
  .map((name) => `<vscode-button id="act-${name}" appearance="secondary" disabled></vscode-button>`)
  .join('\n    ');

/** The markup of the dashboard; its script fills it. */
export const dashboardBody = `
<header>
  <h1 id="title"></h1>
  <div id="cards" role="group"></div>
  <div class="toolbar" role="toolbar" aria-controls="table">
    <vscode-text-field id="filter"></vscode-text-field>
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
      <vscode-button id="close" appearance="secondary"></vscode-button>
    </div>
    <dl id="facts"></dl>
    <div id="charts"></div>
  </section>
</main>`;

/** The words of the dashboard, in the user's language. */
export function dashboardWords(): Record<string, string> {
  const t = vscode.l10n.t;
  return {
    title: t('MicroPython boards'),
    table: t('Boards'),
    cards: t('Overview: each shows its boards'),
    filter: t('Filter: words, or tag:lab platform:esp32 state:idle'),
    none: t('No board is there yet.'),
    chosen: t('chosen'),
    of: t('of'),
    boards: t('boards'),
    all: t('all'),
    there: t('there'),
    running: t('busy or running'),
    trouble: t('need attention'),
    waiting: t('have waiting jobs'),
    'act-run': t('Run File…'),
    'act-runCode': t('Run Code…'),
    'act-upload': t('Upload…'),
    'act-reset': t('Soft Reset'),
    'act-clock': t('Set Clock'),
    'act-tags': t('Tags…'),
    'act-group': t('Save Group…'),
    'act-repl': t('REPL'),
    measure: t('Measure Now'),
    close: t('Close'),
    name: t('Name'),
    uid: t('Unique id'),
    platform: t('Platform'),
    firmware: t('Firmware'),
    agent: t('Agent'),
    state: t('State'),
    mode: t('Mode'),
    lastSeen: t('Last seen'),
    roundTrip: t('Round trip'),
    memory: t('Memory free'),
    flash: t('Flash free'),
    signal: t('Signal'),
    health: t('Health'),
    well: t('well'),
    now: t('now'),
    secondsAgo: t('s ago'),
    minutesAgo: t('min ago'),
    hoursAgo: t('h ago'),
    lowest: t('lowest'),
    highest: t('highest'),
    last: t('last'),
    noSamples: t(
      'No measurements yet. A board behind a broker sends them by itself; others are asked with "Measure Now".',
    ),
  };
}
