import type {
  BoardReport,
  FormSetting,
  FromConfigure,
  ToConfigure,
} from '../../src/views/configure/messages';
import { element, Host, make, optionOf } from './parts/host';
import { fieldOf, innerOf, type Field, type Schema } from './parts/schemaForm';
import { control, useToolkit } from './parts/toolkit';

/** Number of different values that a setting shows. */
const MOST_VALUES = 4;
/** Characters of a list of boards. */
const MOST_NAMES = 80;
/** Milliseconds after typing before the values are compared. */
const PAUSE_MS = 200;

type Mode = 'keep' | 'set' | 'default';

interface Row {
  readonly name: string;
  readonly mode: HTMLSelectElement;
  readonly field: Field;
  readonly place: HTMLElement;
  readonly reported: HTMLElement;
  readonly drift: HTMLElement;
}

useToolkit();
let words: Readonly<Record<string, string>> = {};
let rows: Row[] = [];
let boards = new Map<string, BoardReport>();
let timer: number | undefined;

const word = (key: string) => words[key] ?? key;
const fill = (key: string, ...values: readonly (string | number)[]) =>
  values.reduce<string>((text, v, i) => text.replace(`{${i}}`, () => String(v)), word(key));

const host = new Host<ToConfigure, FromConfigure>((message) => {
  switch (message.kind) {
    case 'form':
      words = message.words;
      boards = new Map(message.boards.map((b) => [b.id, b]));
      label();
      build(message.settings);
      write(message.desired ?? {});
      drawReports();
      break;
    case 'reports':
      for (const board of message.boards) boards.set(board.id, board);
      drawReports();
      changed();
      break;
    case 'document':
      write(message.desired);
      changed();
      break;
    case 'compared':
      drawDrift(message.drift, message.problem);
  }
});

function label(): void {
  for (const id of ['apply', 'refresh', 'load', 'save', 'help']) element(id).textContent = word(id);
  element('configureTitle').textContent = word('title');
  element('toolbar').setAttribute('aria-label', word('toolbar'));
  element('boards').textContent = names([...boards.values()].map((b) => b.name));
}

function build(settings: readonly FormSetting[]): void {
  const context = { word, changed };
  rows = settings.map(({ name, schema }) => {
    const mode = make('select', 'mode') as HTMLSelectElement;
    mode.id = `mode-${name}`;
    mode.setAttribute('aria-label', fill('mode', name));
    for (const value of ['keep', 'set', 'default'] satisfies Mode[]) {
      mode.append(optionOf(value, word(value)));
    }
    const field = fieldOf(schema as Schema, name, context);
    const place = make('div', 'value');
    place.id = `value-${name}`;
    place.append(field.element);
    const row: Row = {
      ...{ name, mode, field, place },
      reported: make('div', 'reported'),
      drift: make('p', 'drift'),
    };
    mode.addEventListener('change', () => {
      if (mode.value === 'set') prefill(row);
      show(row);
      changed();
    });
    return row;
  });
  element('settings').replaceChildren(
    ...rows.map((row, i) => {
      const section = make('section');
      section.id = `setting-${row.name}`;
      const head = make('div', 'head');
      head.append(make('h2', '', row.name), row.mode);
      const about = innerOf(settings[i]?.schema ?? {}).description ?? '';
      const note = settings[i]?.restart ? `${about}. ${word('restart')}` : about;
      section.append(head, make('p', 'about', note), row.place, row.drift, row.reported);
      return section;
    }),
  );
}

/** Fills in values that all boards share, as defaults. */
function prefill(row: Row): void {
  const [only, second] = valuesOf(row.name);
  if (only && !second) row.field.write(only.value);
}

function show(row: Row): void {
  row.place.hidden = row.mode.value !== 'set';
}

function write(desired: Readonly<Record<string, unknown>>): void {
  for (const row of rows) {
    const isThere = Object.hasOwn(desired, row.name);
    const value = desired[row.name];
    const mode: Mode = !isThere ? 'keep' : value === null ? 'default' : 'set';
    row.mode.value = mode;
    row.field.write(value);
    show(row);
  }
}

/** Returns the document from the form's fields. @throws Error with a message for the user */
function read(): Record<string, unknown> {
  const chosen = rows.filter((r) => r.mode.value !== 'keep');
  const value = (r: Row) => (r.mode.value === 'default' ? null : (r.field.read() ?? ''));
  return Object.fromEntries(chosen.map((r) => [r.name, value(r)]));
}

function changed(): void {
  clearTimeout(timer);
  timer = window.setTimeout(compare, PAUSE_MS);
}

function compare(): void {
  try {
    host.send({ kind: 'compare', document: read() });
  } catch (error) {
    drawDrift({}, error instanceof Error ? error.message : String(error));
  }
}

/** Returns the boards' values for a setting, the most frequent first. */
function valuesOf(name: string): { value: unknown; on: string[] }[] {
  const values = new Map<string, { value: unknown; on: string[] }>();
  for (const board of boards.values()) {
    if (board.state !== 'read') continue;
    const value = board.config[name];
    const key = JSON.stringify(value ?? null);
    const known = values.get(key);
    if (known) known.on.push(board.name);
    else values.set(key, { value, on: [board.name] });
  }
  return [...values.values()].sort((a, b) => b.on.length - a.on.length);
}

function drawReports(): void {
  for (const row of rows) {
    const values = valuesOf(row.name);
    const many = boards.size > 1;
    const lines = values.slice(0, MOST_VALUES).map(({ value, on }) => {
      const shown = value === undefined ? word('none') : textOf(value);
      return many ? fill('on', names(on), shown) : shown;
    });
    const hidden = values.length - MOST_VALUES;
    if (hidden > 0) lines.push(fill(hidden === 1 ? 'moreOne' : 'moreValues', hidden));
    const title = lines.length === 0 ? '' : `${word('reported')}: `;
    row.reported.textContent = title + lines.join('; ');
  }
  const all = [...boards.values()];
  const waiting = all.filter((b) => b.state === 'reading').length;
  const told = all.filter((b) => b.state === 'read').length;
  // The reason often begins with the board's name.
  const silent = all
    .filter((b) => b.words !== '')
    .map(({ name, words }) => (words.startsWith(`${name} `) ? words : `${name}: ${words}`));
  element('boards').textContent = [
    names(all.map((b) => b.name)),
    waiting > 0
      ? fill(waiting === 1 ? 'readingOne' : 'reading', waiting)
      : fill(all.length === 1 ? 'allReadOne' : 'allRead', told, all.length),
    ...silent.slice(0, 10),
  ].join('. ');
}

function drawDrift(drift: Readonly<Record<string, readonly string[]>>, problem: string): void {
  const chosen = rows.filter((r) => r.mode.value !== 'keep');
  for (const row of rows) {
    const on = drift[row.name] ?? [];
    row.drift.textContent = on.length === 0 ? '' : fill('drift', names(on));
  }
  const differs = chosen.some((r) => (drift[r.name] ?? []).length > 0);
  const isRead = [...boards.values()].every((b) => b.state === 'read');
  const status = chosen.length === 0 ? word('nothingSet') : !differs && isRead ? word('fits') : '';
  element('status').textContent = problem === '' ? status : problem;
  element('status').classList.toggle('problem', problem !== '');
  control('apply').disabled = problem !== '' || chosen.length === 0;
  control('save').disabled = problem !== '' || chosen.length === 0;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function names(all: readonly string[]): string {
  const text = all.join(', ');
  return text.length <= MOST_NAMES ? text : `${text.slice(0, MOST_NAMES - 1)}…`;
}

function send(kind: 'apply' | 'save'): void {
  try {
    host.send({ kind, document: read() });
  } catch (error) {
    drawDrift({}, error instanceof Error ? error.message : String(error));
  }
}

control('apply').addEventListener('click', () => send('apply'));
control('save').addEventListener('click', () => send('save'));
control('load').addEventListener('click', () => host.send({ kind: 'load' }));
control('refresh').addEventListener('click', () => host.send({ kind: 'refresh' }));
host.send({ kind: 'ready' });
