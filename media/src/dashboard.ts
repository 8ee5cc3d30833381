import { filterBoards } from '../../src/core/many/grouping';
import { METRICS, type Metric } from '../../src/core/many/telemetry';
import {
  ACTIONS,
  CHART_PERIODS,
  type ActionName,
  type DashboardRow,
  type FromDashboard,
  type ToDashboard,
} from '../../src/views/dashboard/messages';
import { boardColumns, isAway } from './parts/boardColumns';
import { chart } from './parts/chart';
import { bytesText } from '../../src/core/board/boardInfoText';
import { element, Host, make } from './parts/host';
import { control, useToolkit } from './parts/toolkit';
import { VirtualTable } from './parts/virtualTable';

/** Interval in milliseconds at which rows with a relative time are redrawn. */
const CLOCK_MS = 15_000;

useToolkit();
const rows = new Map<string, DashboardRow>();
let words: Readonly<Record<string, string>> = {};
let table: VirtualTable<DashboardRow> | undefined;
/** The boards that the selected card stands for. */
let card: (row: DashboardRow) => boolean = () => true;
let cardName = 'all';
let looked = '';

const word = (key: string) => words[key] ?? key;
/** Returns a text of the extension with numbers in place of {0}, {1}, … */
const say = (key: string, ...values: (string | number)[]) =>
  word(key).replace(/\{(\d)\}/g, (_, n: string) => String(values[Number(n)] ?? ''));
const filter = element('filter') as HTMLInputElement;
const period = element('period') as HTMLSelectElement;
const actions = Object.keys(ACTIONS) as ActionName[];

const host = new Host<ToDashboard, FromDashboard>((message) => {
  if (message.kind === 'words') {
    words = message.words;
    label();
  } else if (message.kind === 'rows') {
    if (message.all) rows.clear();
    for (const row of message.rows) rows.set(row.id, row);
    for (const id of message.removed) rows.delete(id);
    draw();
  } else if (message.id === looked) showBoard(message);
});

function label(): void {
  element('title').textContent = word('title');
  element('cards').setAttribute('aria-label', word('cards'));
  element('toolbar').setAttribute('aria-label', word('actions'));
  filter.setAttribute('placeholder', word('filter'));
  filter.setAttribute('aria-label', word('filter'));
  for (const name of CHART_PERIODS) element(`period-${name}`).textContent = word(`period-${name}`);
  period.setAttribute('aria-label', word('period'));
  for (const name of [...actions.map((a) => `act-${a}`), 'measure', 'history', 'close']) {
    element(name).textContent = word(name);
  }
  table = new VirtualTable<DashboardRow>(element('table'), {
    label: word('table'),
    idOf: (row) => row.id,
    columns: boardColumns(word, []),
    onSelect: selected,
    onOpen: (row) => look(row.id),
  });
  table.sort = { key: 'name', down: false };
}

const CARDS: Readonly<Record<string, (row: DashboardRow) => boolean>> = {
  all: () => true,
  there: (row) => !isAway(row) && row.state !== 'asleep',
  running: (row) => row.state === 'busy' || row.state === 'running',
  trouble: (row) => row.trouble !== undefined,
  waiting: (row) => row.waiting > 0,
};

function draw(): void {
  if (!table) return;
  const all = [...rows.values()];
  drawCards(all);
  const shown = filterBoards(all.filter(card), filter.value);
  table.columns = boardColumns(word, all);
  control('act-updateAgent').hidden = all.every((row) => row.agent === undefined);
  table.rows = shown;
  showCount();
}

/** Shows how many boards are listed, and how many of them are selected. */
function showCount(): void {
  const shown = table?.rows.length ?? 0;
  const chosen = table?.selected.length ?? 0;
  if (rows.size === 0) {
    element('count').textContent = word('none');
    return;
  }
  const key = (chosen > 0 ? 'countChosen' : 'count') + (rows.size === 1 ? 'One' : '');
  const count = say(key, shown, rows.size, chosen);
  // Also name the selected card in text, because a border is easily overlooked.
  element('count').textContent = cardName === 'all' ? count : `${count} (${word(cardName)})`;
}

/** Draws the cards. Each is a toggle button with the number of its boards. */
function drawCards(all: readonly DashboardRow[]): void {
  const place = element('cards');
  const focused = document.activeElement?.id;
  place.replaceChildren(
    ...Object.entries(CARDS).map(([name, fits]) => {
      const button = make('button', 'card');
      button.id = `card-${name}`;
      button.append(
        make('strong', '', String(all.filter(fits).length)),
        ' ', // between number and word for screen readers
        make('span', '', word(name)),
      );
      button.setAttribute('aria-pressed', String(name === cardName));
      button.addEventListener('click', () => {
        card = fits;
        cardName = name;
        draw();
      });
      return button;
    }),
  );
  if (focused?.startsWith('card-')) document.getElementById(focused)?.focus();
}

function selected(chosen: readonly DashboardRow[]): void {
  for (const name of actions) {
    control(`act-${name}`).disabled = chosen.length === 0 || (name === 'repl' && chosen.length > 1);
  }
  showCount();
  // While the details are open, they follow the selection.
  const [only] = chosen;
  if (looked !== '' && only && chosen.length === 1 && only.id !== looked) look(only.id, false);
}

function look(id: string, focus = true): void {
  looked = id;
  const row = rows.get(id);
  element('board').hidden = !row;
  if (row) {
    element('boardName').textContent = row.name;
    if (focus) element('boardName').focus();
  }
  askForBoard();
}

function askForBoard(): void {
  const wanted = CHART_PERIODS.find((p) => p === period.value) ?? 'live';
  host.send({ kind: 'look', id: looked, period: wanted });
}

function showBoard(message: Extract<ToDashboard, { kind: 'board' }>): void {
  const { facts, series, totals, zone } = message;
  element('facts').replaceChildren(
    ...facts.flatMap(([name, value]) => [make('dt', '', name), make('dd', '', value)]),
  );
  element('issues').replaceChildren(
    ...message.issues.map(({ mark, text, help }) => {
      const item = make('li', '', `${text} `);
      if (help !== undefined) {
        const button = make('button', 'link', help);
        button.addEventListener('click', () => host.send({ kind: 'help', id: looked, mark }));
        item.append(button);
      }
      return item;
    }),
  );
  const charts = METRICS.flatMap((metric) => {
    const points = series[metric];
    if (!points) return [];
    const names = { lowest: word('lowest'), highest: word('highest'), last: word('last') };
    const most = metric === 'memoryFree' || metric === 'flashFree' ? totals[metric] : undefined;
    const write = (v: number) => show(metric, v);
    return [chart({ title: titleOf(metric), points, most, show: write, words: names, zone })];
  });
  const none = make('p', '', word(message.period === 'live' ? 'noSamples' : 'noStored'));
  element('charts').replaceChildren(...(charts.length > 0 ? charts : [none]));
}

const TITLES: Partial<Record<Metric, string>> = { memoryFree: 'memory', flashFree: 'flash' };

function titleOf(metric: Metric): string {
  return word(TITLES[metric] ?? metric);
}

function show(metric: Metric, value: number): string {
  switch (metric) {
    case 'memoryFree':
    case 'flashFree':
      return bytesText(value);
    case 'signal':
      return `${Math.round(value)} dBm`;
    case 'roundTrip':
      return `${Math.round(value)} ms`;
    case 'uptime':
      return `${Math.round(value)} s`;
    case 'reconnects':
      return String(Math.round(value));
    case 'battery':
      return `${(value / 1000).toFixed(2)} V`;
  }
}

for (const action of actions) {
  element(`act-${action}`).addEventListener('click', () => {
    const ids = table?.selected.map((r) => r.id) ?? [];
    if (ids.length > 0) host.send({ kind: 'act', action, ids });
  });
}
element('measure').addEventListener('click', () => host.send({ kind: 'measure', id: looked }));
element('history').addEventListener('click', () => host.send({ kind: 'history', id: looked }));
period.addEventListener('change', askForBoard);
element('close').addEventListener('click', () => {
  look('');
  table?.focus();
});
filter.addEventListener('input', draw);
setInterval(draw, CLOCK_MS);
host.send({ kind: 'ready' });
