import type { Find, FromHistory, HistoryLine, ToHistory } from '../../src/views/history/messages';
import { rangeOf } from '../../src/core/period';
import { element, Host, optionOf } from './parts/host';
import { PeriodChoice } from './parts/periodChoice';
import { control, useToolkit } from './parts/toolkit';
import { VirtualTable } from './parts/virtualTable';

/** Typing is followed by a search after this pause, in milliseconds. */
const PAUSE_MS = 250;

useToolkit();
let words: Readonly<Record<string, string>> = {};
let lines: HistoryLine[] = [];
/** By entry; see {@link identify}. */
const ids = new Map<HistoryLine, string>();
let more = false;
let table: VirtualTable<HistoryLine> | undefined;
let timer: number | undefined;
const period = new PeriodChoice('week', () => find());

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
  for (const id of ['text', 'type', 'board', 'status']) {
    element(id).setAttribute('aria-label', word(id));
  }
  period.label(word);
  for (const id of ['type', 'status']) {
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
        ...{ key: 'time', title: word('time'), width: '14em' },
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
}

/** Requests the entries that match the controls. */
function find(): void {
  clearTimeout(timer);
  const chosen = period.value;
  if (!chosen) return; // the page says what is wrong with the times
  const wanted: Find = {
    type: choice('type').value as Find['type'],
    uid: choice('board').value,
    text: input('text').value,
    status: choice('status').value as Find['status'],
    ...rangeOf(chosen, Date.now()),
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
 * Identifies entries by their content, so that one that another search also finds stays selected.
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

for (const id of ['type', 'board', 'status']) {
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
