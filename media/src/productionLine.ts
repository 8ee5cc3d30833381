import type { FromLine, LineRow, LineState, ToLine } from '../../src/views/productionLine/messages';
import { element, Host } from './parts/host';
import { control, useToolkit } from './parts/toolkit';
import { VirtualTable } from './parts/virtualTable';

useToolkit();
let words: Readonly<Record<string, string>> = {};
let table: VirtualTable<LineRow> | undefined;
let chosen = '';

const word = (key: string) => words[key] ?? key;
const buttons = ['start', 'stop', 'list', 'labels'] as const;
/** A sign before the result, because colour alone does not say enough. */
const SIGNS: Readonly<Record<LineRow['state'], string>> = {
  working: '…',
  ok: '✓',
  failed: '✗',
  already: '=',
};

const host = new Host<ToLine, FromLine>((message) => {
  if (message.kind === 'words') {
    words = message.words;
    label();
  } else {
    draw(message.state, message.says, message.rows);
  }
});

function label(): void {
  for (const id of ['title', ...buttons]) element(id).textContent = word(id);
  element('toolbar').setAttribute('aria-label', word('toolbar'));
  const look = (row: LineRow) => `line-${row.state}`;
  table = new VirtualTable<LineRow>(element('table'), {
    label: word('table'),
    idOf: (row) => String(row.id),
    columns: [
      {
        ...{ key: 'state', title: word('state'), width: '10em', look },
        text: (row) => `${SIGNS[row.state]} ${word(row.state)}`,
      },
      { key: 'name', title: word('name'), width: 'minmax(8em, 1fr)', look, text: (r) => r.name },
      {
        ...{ key: 'words', title: word('words'), width: 'minmax(16em, 4fr)' },
        text: (row) => row.words,
        share: (row) => row.done,
      },
      { key: 'place', title: word('place'), width: 'minmax(8em, 1fr)', text: (row) => row.place },
      { key: 'uid', title: word('uid'), width: '10em', text: (row) => row.uid },
      { key: 'firmware', title: word('firmware'), width: '7em', text: (row) => row.firmware },
      {
        ...{ key: 'seconds', title: word('seconds'), width: '6em' },
        text: (row) => row.seconds?.toFixed(0) ?? '',
        order: (row) => row.seconds,
      },
    ],
    onSelect: ([row]) => {
      chosen = row ? String(row.id) : '';
      detail(row);
    },
  });
}

function draw(state: LineState, says: string, rows: readonly LineRow[]): void {
  if (table) table.rows = rows;
  control('start').disabled = state !== 'stopped';
  control('stop').disabled = state !== 'running';
  control('list').disabled = rows.every((row) => row.state === 'working');
  control('labels').disabled = rows.every((row) => row.state !== 'ok');
  element('says').textContent = says;
  element('says').className = `line-${state}`;
  const count = (wanted: LineRow['state']) => rows.filter((row) => row.state === wanted).length;
  element('count').textContent = word('count')
    .replace('{0}', String(count('ok')))
    .replace('{1}', String(count('failed')));
  detail(rows.find((row) => String(row.id) === chosen));
}

function detail(row: LineRow | undefined): void {
  element('detail').hidden = !row?.detail;
  element('detailText').textContent = row?.detail ?? '';
}

for (const id of buttons) control(id).addEventListener('click', () => host.send({ kind: id }));
host.send({ kind: 'ready' });
