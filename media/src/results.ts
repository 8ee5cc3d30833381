import { compressHostlist } from '../../src/core/many/hostlist';
import { foldResults } from '../../src/core/many/results';
import type { FromResults, ResultRow, ToResults } from '../../src/views/results/messages';
import { element, Host } from './parts/host';
import { checkControl, control, useToolkit } from './parts/toolkit';
import { VirtualTable } from './parts/virtualTable';

/** A line of the table: one board, or boards that answered the same. */
interface Line {
  readonly id: string;
  readonly boards: readonly ResultRow[];
  readonly first: ResultRow;
}

useToolkit();
const rows = new Map<string, ResultRow>();
let words: Readonly<Record<string, string>> = {};
let running = false;
let canRetry = false;
let table: VirtualTable<Line> | undefined;
let shown: Line | undefined;

const host = new Host<ToResults, FromResults>((message) => {
  if (message.kind !== 'rows') {
    words = message.words;
    rows.clear();
    label();
  }
  if (message.kind === 'none') {
    element('summary').textContent = word('none');
    return;
  }
  if (message.kind === 'job') {
    element('title').textContent = message.title;
    canRetry = message.canRetry;
  }
  for (const row of message.rows) rows.set(row.id, row);
  running = message.running;
  element('summary').textContent = message.summary;
  draw();
});

const word = (key: string) => words[key] ?? key;
const fold = checkControl('fold');
const buttons = ['retry', 'cancel', 'compare', 'open', 'export'] as const;
const button = (name: (typeof buttons)[number]) => control(name);

/** Puts the words of the user's language in, and makes the table with its headings. */
function label(): void {
  for (const name of buttons) button(name).textContent = word(name);
  fold.textContent = word('fold');
  table ??= new VirtualTable<Line>(element('table'), {
    label: word('table'),
    idOf: (line) => line.id,
    columns: [
      { key: 'board', title: word('board'), width: 'minmax(10em, 2fr)', text: nameOf },
      {
        key: 'state',
        title: word('state'),
        width: '8em',
        text: (line) => word(line.first.status),
        look: (line) => `state-${line.first.status}`,
      },
      { key: 'time', title: word('time'), width: '7em', text: timeOf, order: longest },
      { key: 'answer', title: word('answer'), width: 'minmax(12em, 5fr)', text: answerLine },
    ],
    onSelect: select,
    onOpen: (line) => host.send({ kind: 'open', id: line.first.id }),
  });
}

function draw(): void {
  if (!table) return;
  table.rows = lines();
  const done = [...rows.values()];
  button('retry').disabled = running || !canRetry || done.every((r) => r.status === 'ok');
  button('cancel').disabled = !running;
  button('export').disabled = done.length === 0;
  select(table.selected);
}

/** Boards that answered well and the same are one line, when that is wanted. */
function lines(): Line[] {
  const all = [...rows.values()];
  if (!fold.checked) return all.map((first) => ({ id: first.id, boards: [first], first }));
  return foldResults(all).flatMap(({ results, status }) => {
    const [first] = results;
    return first ? [{ id: `${status}:${first.id}`, boards: results, first }] : [];
  });
}

function nameOf({ boards, first }: Line): string {
  if (boards.length === 1) return first.board;
  return `${boards.length} ${word('boards')}: ${compressHostlist(boards.map((b) => b.board))}`;
}

function longest({ boards }: Line): number | undefined {
  const times = boards.flatMap((b) => b.ms ?? []);
  return times.length > 0 ? Math.max(...times) : undefined;
}

function timeOf(line: Line): string {
  const ms = longest(line);
  if (ms === undefined) return '';
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function answerOf({ output, error }: ResultRow): string {
  return [output, error?.traceback ?? error?.message ?? '', error?.hint ?? '']
    .filter(Boolean)
    .join('\n');
}

/** The last line that says something: of a failure the error, else the end of the output. */
function answerLine({ first }: Line): string {
  const text = first.error ? first.error.message : first.output;
  return text.trim().split('\n').at(-1) ?? '';
}

function select(selected: readonly Line[]): void {
  button('compare').disabled = selected.length !== 2;
  button('open').disabled = selected.length !== 1;
  const line = selected.at(-1);
  const detail = element('detail');
  detail.hidden = line === undefined;
  shown = line;
  if (!line) return;
  element('detailTitle').textContent = nameOf(line);
  element('detailText').textContent = answerOf(line.first) || word('nothing');
}

button('retry').addEventListener('click', () => host.send({ kind: 'retry' }));
button('cancel').addEventListener('click', () => host.send({ kind: 'cancel' }));
button('export').addEventListener('click', () => host.send({ kind: 'export' }));
button('open').addEventListener('click', () => {
  if (shown) host.send({ kind: 'open', id: shown.first.id });
});
button('compare').addEventListener('click', () => {
  const [left, right] = table?.selected ?? [];
  if (left && right) host.send({ kind: 'compare', left: left.first.id, right: right.first.id });
});
fold.addEventListener('change', draw);
host.send({ kind: 'ready' });
