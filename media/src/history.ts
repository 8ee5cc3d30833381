import type { Find, FromHistory, HistoryLine, ToHistory } from '../../src/views/history/messages';
import { element, Host, optionOf } from './parts/host';
import { control, useToolkit } from './parts/toolkit';
import { VirtualTable } from './parts/virtualTable';

const HOUR_MS = 3_600_000;
const PERIOD_MS: Readonly<Record<string, number>> = {
  hour: HOUR_MS,
  day: 24 * HOUR_MS,
  week: 7 * 24 * HOUR_MS,
  month: 30 * 24 * HOUR_MS,
};
/** Milliseconds after typing before the search starts. */
const PAUSE_MS = 250;

useToolkit();
let words: Readonly<Record<string, string>> = {};
let lines: HistoryLine[] = [];
/** By entry; see {@link identify}. */
const ids = new Map<HistoryLine, string>();
let more = false;
let table: VirtualTable<HistoryLine> | undefined;
let timer: number | undefined;

const word = (key: string) => words[key] ?? key;
const input = (id: string) => element(id) as HTMLInputElement;
const choice = (id: string) => element(id) as HTMLSelectElement;

const host = new Host<ToHistory, FromHistory>((message) => {
  if (message.kind === 'words') {
    words = message.words;
    label(message.boards);
    choice('board').value = message.uid;
    find();
  } else {
    if (message.first) ids.clear();
    lines = [...(message.first ? [] : lines), ...message.lines];
    identify(message.lines);
    more = message.more;
    draw();
  }
});

function label(boards: readonly { readonly uid: string; readonly name: string }[]): void {
  for (const id of ['title', 'refresh', 'export', 'more']) element(id).textContent = word(id);
  element('table').setAttribute('aria-label', word('table'));
  element('toolbar').setAttribute('aria-label', word('toolbar'));
  input('text').placeholder = word('text');
  for (const id of ['text', 'type', 'board', 'status', 'period', 'from', 'to']) {
    element(id).setAttribute('aria-label', word(id));
  }
  for (const id of ['type', 'status', 'period']) {
    for (const option of choice(id).options) option.textContent = word(`${id}-${option.value}`);
  }
  choice('board').replaceChildren(
    ...[{ uid: '', name: word('allBoards') }, ...boards].map((b) => optionOf(b.uid, b.name)),
  );
  table ??= new VirtualTable<HistoryLine>(element('table'), {
    label: word('table'),
    idOf: (line) => ids.get(line) ?? '',
    columns: [
      {
        ...{ key: 'time', title: word('time'), width: '11em' },
        text: (line) => new Date(line.at).toLocaleString(),
        order: (line) => line.at,
      },
      { key: 'kind', title: word('kind'), width: '8em', text: (line) => line.kind },
      { key: 'boards', title: word('boards'), width: 'minmax(8em, 1fr)', text: (l) => l.boards },
      { key: 'text', title: word('what'), width: 'minmax(14em, 4fr)', text: (line) => line.text },
      {
        ...{ key: 'status', title: word('status'), width: '7em' },
        text: (line) => (line.status === '' ? '' : word(line.status)),
        look: (line) => `state-${line.status}`,
      },
      { key: 'who', title: word('who'), width: '7em', text: (line) => line.who },
    ],
    onSelect: show,
  });
  if (choice('period').dataset.set === undefined) {
    choice('period').value = 'week';
    choice('period').dataset.set = '1';
  }
}

/** Requests the entries that match the controls. */
function find(): void {
  clearTimeout(timer);
  const period = choice('period').value;
  element('between').hidden = period !== 'between';
  const ms = PERIOD_MS[period];
  const at = (id: string) => (input(id).value === '' ? undefined : Date.parse(input(id).value));
  const [from, to] =
    period === 'between'
      ? [at('from'), at('to')]
      : [ms === undefined ? undefined : Date.now() - ms, undefined];
  const wanted: Find = {
    type: choice('type').value as Find['type'],
    uid: choice('board').value,
    text: input('text').value,
    status: choice('status').value as Find['status'],
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  host.send({ kind: 'find', find: wanted });
}

function draw(): void {
  if (table) {
    table.rows = lines;
    show(table.selected);
  }
  element('more').hidden = !more;
  const count = more ? 'countMore' : lines.length === 1 ? 'countOne' : 'count';
  const text = word(lines.length === 0 ? 'none' : count);
  element('count').textContent = text.replace('{0}', String(lines.length));
}

/**
 * An entry is identified by its content, so that one that another search also finds stays selected.
 * Identical entries are counted.
 */
function identify(added: readonly HistoryLine[]): void {
  const taken = new Set(ids.values());
  for (const line of added) {
    const words = [line.at, line.kind, line.boards, line.detail].join('\n');
    let id = words;
    for (let n = 2; taken.has(id); n++) id = `${words}\n${n}`;
    taken.add(id);
    ids.set(line, id);
  }
}

function show([line]: readonly HistoryLine[]): void {
  element('detail').hidden = !line;
  element('detailText').textContent = line?.detail ?? '';
}

for (const id of ['type', 'board', 'status', 'period', 'from', 'to']) {
  element(id).addEventListener('change', find);
}
input('text').addEventListener('input', () => {
  clearTimeout(timer);
  timer = window.setTimeout(find, PAUSE_MS);
});
control('refresh').addEventListener('click', find);
control('export').addEventListener('click', () => host.send({ kind: 'export' }));
control('more').addEventListener('click', () => host.send({ kind: 'more' }));
host.send({ kind: 'ready' });
