import { compressHostlist } from '../../src/core/many/hostlist';
import { foldResults } from '../../src/core/many/results';
import type { FromResults, ResultRow, ToResults } from '../../src/views/results/messages';
import { duration } from './parts/format';
import { element, Host, make } from './parts/host';
import { control, useToolkit } from './parts/toolkit';
import { VirtualTable } from './parts/virtualTable';

/** Milliseconds between two redraws of the time of running boards. */
const TICK_MS = 1000;
/** `File "lib/a.py", line 3`: what MicroPython prints in a traceback. */
const FRAME = /File "([^"]{1,300})", line (\d{1,7})/g;

/** A row of the table: one board, or boards with the same answer. */
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
const fold = element('fold') as HTMLInputElement;
const buttons = ['retry', 'cancel', 'compare', 'open', 'export'] as const;
const button = (name: (typeof buttons)[number]) => control(name);

/** Inserts the translated texts, and creates the table with its headings. */
function label(): void {
  for (const name of buttons) button(name).textContent = word(name);
  element('foldLabel').textContent = word('fold');
  element('toolbar').setAttribute('aria-label', word('table'));
  table ??= new VirtualTable<Line>(element('table'), {
    label: word('table'),
    idOf: (line) => line.id,
    columns: [
      { key: 'board', title: word('board'), width: 'minmax(10em, 2fr)', text: nameOf },
      {
        key: 'state',
        title: word('state'),
        width: '8em',
        text: stateOf,
        look: (line) => `state-${line.first.status}`,
        share: ({ first }) => (first.status === 'running' ? first.progress : undefined),
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

/** Failures come first, because they need attention. */
function lines(): Line[] {
  const all = folded([...rows.values()]);
  const failed = (line: Line) => line.first.status === 'failed';
  return [...all.filter(failed), ...all.filter((line) => !failed(line))];
}

/**
 * Groups boards that succeeded with the same answer, on request. Each running board has its own
 * row.
 */
function folded(all: readonly ResultRow[]): Line[] {
  const single = (first: ResultRow): Line => ({ id: first.id, boards: [first], first });
  if (!fold.checked) return all.map(single);
  const moving = all.filter((row) => row.progress !== undefined && row.status === 'running');
  const still = all.filter((row) => !moving.includes(row));
  const equal = foldResults(still).flatMap(({ results, status }) => {
    const [first] = results;
    return first ? [{ id: `${status}:${first.id}`, boards: results, first }] : [];
  });
  return [...moving.map(single), ...equal];
}

function stateOf({ first }: Line): string {
  if (first.untouched) return word(first.untouched);
  const { status, progress } = first;
  if (status !== 'running' || progress === undefined) return word(status);
  return `${word(status)} ${Math.floor(progress * 100)} %`;
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
  if (ms !== undefined) return duration(ms);
  const { status, since } = line.first;
  if (status !== 'running' || since === undefined) return '';
  return duration(Math.max(0, Math.floor((Date.now() - since) / 1000)) * 1000);
}

function answerOf({ output, error }: ResultRow): string {
  return [output, error?.traceback ?? error?.message ?? '', error?.hint ?? '']
    .filter(Boolean)
    .join('\n');
}

/** Returns the last meaningful line: the error of a failure, else the end of the output. */
function answerLine({ first }: Line): string {
  const text = (first.error ? first.error.message : first.output).trim();
  const all = text.split('\n');
  const last = all.at(-1) ?? '';
  const more = all.length - 1;
  return more > 0 ? `${last}  (+${more} ${word(more === 1 ? 'moreLine' : 'moreLines')})` : last;
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
  element('detailText').replaceChildren(
    ...withLinks(answerOf(line.first) || word('nothing'), line.first.id),
  );
}

/**
 * Returns text in which lines of tracebacks are buttons that open their source. Text from a board
 * stays text.
 */
function withLinks(text: string, id: string): (string | HTMLElement)[] {
  const parts: (string | HTMLElement)[] = [];
  let at = 0;
  for (const match of text.matchAll(FRAME)) {
    const [frame, file = '', line = ''] = match;
    parts.push(text.slice(at, match.index));
    const link = make('button', 'link', frame);
    link.title = word('openSource');
    link.addEventListener('click', () =>
      host.send({ kind: 'source', id, file, line: Number(line) }),
    );
    parts.push(link);
    at = match.index + frame.length;
  }
  parts.push(text.slice(at));
  return parts;
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
setInterval(() => {
  if (running && table) table.rows = lines();
}, TICK_MS);
host.send({ kind: 'ready' });
