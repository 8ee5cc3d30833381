import { filterBoards } from '../../src/core/many/grouping';
import { METRICS, type Metric } from '../../src/core/many/telemetry';
import {
  ACTIONS,
  type ActionName,
  type DashboardRow,
  type FromDashboard,
  type ToDashboard,
} from '../../src/views/dashboard/messages';
import { boardColumns, isAway } from './parts/boardColumns';
import { chart } from './parts/chart';
import { bytes } from './parts/format';
import { element, Host, make } from './parts/host';
import { control, useToolkit, valueControl } from './parts/toolkit';
import { VirtualTable } from './parts/virtualTable';

/** Rows that say how long ago something was are drawn again so often. */
const CLOCK_MS = 15_000;

useToolkit();
const rows = new Map<string, DashboardRow>();
let words: Readonly<Record<string, string>> = {};
let table: VirtualTable<DashboardRow> | undefined;
/** Which boards a card has chosen. */
let card: (row: DashboardRow) => boolean = () => true;
let cardName = 'all';
let looked = '';

const word = (key: string) => words[key] ?? key;
const filter = valueControl('filter');
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
  filter.setAttribute('placeholder', word('filter'));
  filter.setAttribute('aria-label', word('filter'));
  for (const name of [...actions.map((a) => `act-${a}`), 'measure', 'close']) {
    element(name).textContent = word(name);
  }
  table = new VirtualTable<DashboardRow>(element('table'), {
    label: word('table'),
    idOf: (row) => row.id,
    columns: boardColumns(word),
    onSelect: selected,
    onOpen: (row) => look(row.id),
  });
  table.sort = { key: 'name', down: false };
}

const CARDS: Readonly<Record<string, (row: DashboardRow) => boolean>> = {
  all: () => true,
  there: (row) => !isAway(row),
  running: (row) => row.state === 'busy' || row.state === 'running',
  trouble: (row) => row.trouble !== undefined,
  waiting: (row) => row.waiting > 0,
};

function draw(): void {
  if (!table) return;
  const all = [...rows.values()];
  drawCards(all);
  const shown = filterBoards(all.filter(card), filter.value);
  table.rows = shown;
  const chosen = table.selected.length;
  const count = `${shown.length} ${word('of')} ${all.length} ${word('boards')}`;
  element('count').textContent =
    all.length === 0 ? word('none') : chosen > 0 ? `${count}, ${chosen} ${word('chosen')}` : count;
}

/** A card is a number that shows its boards; it says so by being a pressed button. */
function drawCards(all: readonly DashboardRow[]): void {
  const place = element('cards');
  const focused = document.activeElement?.id;
  place.replaceChildren(
    ...Object.entries(CARDS).map(([name, fits]) => {
      const button = make('button', 'card');
      button.id = `card-${name}`;
      button.append(
        make('strong', '', String(all.filter(fits).length)),
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
  const text = element('count').textContent.split(',')[0] ?? '';
  element('count').textContent =
    chosen.length > 0 ? `${text}, ${chosen.length} ${word('chosen')}` : text;
}

function look(id: string): void {
  looked = id;
  const row = rows.get(id);
  element('board').hidden = !row;
  if (row) {
    element('boardName').textContent = row.name;
    element('boardName').focus();
  }
  host.send({ kind: 'look', id });
}

function showBoard({ facts, samples }: Extract<ToDashboard, { kind: 'board' }>): void {
  element('facts').replaceChildren(
    ...facts.flatMap(([name, value]) => [make('dt', '', name), make('dd', '', value)]),
  );
  const charts = METRICS.flatMap((metric) => {
    const points = samples.flatMap((s) => {
      const value = s[metric];
      return value === undefined ? [] : [{ at: s.at, value }];
    });
    if (points.length === 0) return [];
    const say = { lowest: word('lowest'), highest: word('highest'), last: word('last') };
    return [chart({ title: titleOf(metric), points, show: (v) => show(metric, v), words: say })];
  });
  const none = make('p', '', word('noSamples'));
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
      return bytes(value);
    case 'signal':
      return `${value} dBm`;
    case 'roundTrip':
      return `${value} ms`;
    case 'uptime':
      return `${Math.round(value)} s`;
    case 'reconnects':
      return String(value);
  }
}

for (const action of actions) {
  element(`act-${action}`).addEventListener('click', () => {
    const ids = table?.selected.map((r) => r.id) ?? [];
    if (ids.length > 0) host.send({ kind: 'act', action, ids });
  });
}
element('measure').addEventListener('click', () => host.send({ kind: 'measure', id: looked }));
element('close').addEventListener('click', () => {
  look('');
  table?.focus();
});
filter.addEventListener('input', draw);
setInterval(draw, CLOCK_MS);
host.send({ kind: 'ready' });
