import { dataOf, numbersOf } from '../../core/apps';
import { chartSvg, escapeMarkup } from '../../core/notebook';
import { type Period, readPeriod } from '../../core/period';
import type { CommandRow, MessagePage, MessageRow } from '../../core/store';

/** Opens the source of a line of a traceback (views/repl/tracebackLinks.ts). */
export const OPEN_SOURCE = 'mpyFleet.internal.openSource';
/** Maximum number of charts. If apps send more numbers, the user can filter. */
const CHARTS = 8;
/** Maximum number of rows in the table, newest first. */
const ROWS = 200;
/**
 * Units of a chart's time axis in milliseconds, and the longest period in milliseconds for which
 * each is used.
 */
const UNITS = [
  ['seconds', 1_000, 180_000],
  ['minutes', 60_000, 10_800_000],
  ['hours', 3_600_000, 345_600_000],
  ['days', 86_400_000, Infinity],
] as const;

/** The words of the page, translated. */
export interface PageWords {
  readonly title: string;
  readonly none: string;
  /** Above the table: the number of messages. */
  readonly count: string;
  readonly dropped: string;
  readonly filter: string;
  readonly export: string;
  readonly send: string;
  readonly columns: readonly [string, string, string];
  /** Above the table of messages to apps. */
  readonly sent: string;
  readonly sentColumns: readonly [string, string, string, string, string];
  readonly states: Readonly<Record<CommandRow['state'], string>>;
  /** Below a chart: the unit of its axis. */
  readonly axes: Readonly<Record<(typeof UNITS)[number][0], string>>;
}

/**
 * Matches lines of tracebacks, as MicroPython prints them. The supervisor's lines name no file and
 * have no source here.
 */
const FRAME = /File "([^"]{1,297}\.py)", line (\d{1,7})/g;

/** What the page is to show. */
export interface ToMessages {
  /** The main part, which the page's script merges into what is shown: focus, selection and scroll position stay. */
  readonly body: string;
  /** Texts of the period's choice. */
  readonly words: Readonly<Record<string, string>>;
  /** The period of the messages. */
  readonly period: Period;
}

/** `ready`: the page was loaded and can be filled. `period`: the user has chosen another period. */
export type FromMessages =
  { readonly kind: 'ready' } | { readonly kind: 'period'; readonly period: Period };

/** Reads a message of the page; anything unknown is undefined. */
export function readMessage(message: unknown): FromMessages | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { kind, period } = message as Record<string, unknown>;
  if (kind === 'ready') return { kind };
  const chosen = kind === 'period' ? readPeriod(period) : undefined;
  return chosen && { kind: 'period', period: chosen };
}

/** Content of the page. */
export interface PageData extends MessagePage {
  /** Messages to apps, newest first. */
  readonly sent: readonly CommandRow[];
}

/**
 * Returns the body of the page. Text from boards is escaped. `data-key` identifies an element
 * across versions (media/src/parts/patch.ts).
 */
export function messagesBody(
  { rows, dropped, sent }: PageData,
  name: (uid: string) => string,
  words: PageWords,
): string {
  const link = (command: string, text: string) =>
    `<a class="button" href="command:mpyFleet.${command}">${escapeMarkup(text)}</a>`;
  const head = [
    `<p data-key="links">${link('filterMessages', words.filter)} ${link('exportMessages', words.export)} ${link('sendAppMessage', words.send)}</p>`,
  ];
  const toApps = sentTable(sent, name, words);
  if (rows.length === 0) {
    return [...head, `<p data-key="count">${escapeMarkup(words.none)}</p>`, ...toApps].join('');
  }
  const [time, board, data] = words.columns.map(escapeMarkup);
  const lines = [...rows]
    .reverse()
    .slice(0, ROWS)
    .map((row) => {
      const text = JSON.stringify(dataOf(row));
      const at = new Date(row.at).toLocaleString();
      return `<tr ${keyed(`${row.uid} ${row.boot} ${row.seq}`)}><td>${escapeMarkup(at)}</td><td>${escapeMarkup(name(row.uid))}</td><td><code>${escapeMarkup(text)}</code></td></tr>`;
    });
  return [
    ...head,
    `<p data-key="count">${escapeMarkup(words.count)}${dropped > 0 ? `; <strong>${escapeMarkup(words.dropped)}</strong>` : ''}</p>`,
    ...charts(rows, name, words),
    ...toApps,
    `<table data-key="messages"><thead><tr><th>${time}</th><th>${board}</th><th>${data}</th></tr></thead><tbody>`,
    ...lines,
    '</tbody></table>',
  ].join('');
}

/** Returns the attribute that identifies an element in the next version of the page. */
function keyed(key: string): string {
  return `data-key="${escapeMarkup(key)}"`;
}

/** Draws the messages to apps and their results. */
function sentTable(
  sent: readonly CommandRow[],
  name: (uid: string) => string,
  words: PageWords,
): string[] {
  if (sent.length === 0) return [];
  const lines = sent.map(({ id, uid, at, text, state, reply, error }) => {
    const answer = error === undefined ? escapeMarkup(reply ?? '') : linked(error, uid);
    const cells = [new Date(at).toLocaleString(), name(uid), text, words.states[state]];
    return `<tr ${keyed(id)}>${cells.map((c) => `<td>${escapeMarkup(c)}</td>`).join('')}<td class="answer">${answer}</td></tr>`;
  });
  const heads = words.sentColumns.map((c) => `<th>${escapeMarkup(c)}</th>`).join('');
  return [
    `<h2 data-key="sentTitle">${escapeMarkup(words.sent)}</h2>`,
    `<table data-key="sent"><thead><tr>${heads}</tr></thead><tbody>`,
    ...lines,
    '</tbody></table>',
    `<h2 data-key="messagesTitle">${escapeMarkup(words.title)}</h2>`,
  ];
}

/** Returns escaped text of a board in which lines of tracebacks link to their source. */
function linked(text: string, uid: string): string {
  let html = '';
  let at = 0;
  for (const match of text.matchAll(FRAME)) {
    const [frame, file = '', line = ''] = match;
    const args = encodeURIComponent(JSON.stringify([uid, file, Number(line)]));
    html += escapeMarkup(text.slice(at, match.index));
    html += `<a href="${escapeMarkup(`command:${OPEN_SOURCE}?${args}`)}">${escapeMarkup(frame)}</a>`;
    at = match.index + frame.length;
  }
  return html + escapeMarkup(text.slice(at));
}

/** Draws a chart for each number that apps send, with one line for each board. */
function charts(
  rows: readonly MessageRow[],
  name: (uid: string) => string,
  words: PageWords,
): string[] {
  const last = rows.at(-1)?.at ?? 0;
  const period = last - (rows[0]?.at ?? last);
  const [unit, unitMs] = UNITS.find(([, , longest]) => period < longest) ?? UNITS[3];
  const byNumber = new Map<string, Map<string, [number, number][]>>();
  for (const row of rows) {
    for (const [number, value] of Object.entries(numbersOf(row))) {
      if (!Number.isFinite(value)) continue;
      const lines = byNumber.get(number) ?? new Map<string, [number, number][]>();
      byNumber.set(number, lines);
      const points = lines.get(row.uid) ?? [];
      lines.set(row.uid, points);
      points.push([(row.at - last) / unitMs, value]);
    }
  }
  return [...byNumber].slice(0, CHARTS).map(([number, lines]) => {
    const series = [...lines].map(([uid, points]) => ({ name: name(uid), points }));
    return `<figure ${keyed(`chart ${number}`)}>${chartSvg(series, number)}<figcaption>${escapeMarkup(words.axes[unit])}</figcaption></figure>`;
  });
}
