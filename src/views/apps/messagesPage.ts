import { dataOf, numbersOf } from '../../core/apps';
import { chartSvg, escapeMarkup } from '../../core/notebook';
import type { MessagePage, MessageRow } from '../../core/store';

/** Largest number of charts; if apps send more numbers, the user can filter. */
const CHARTS = 8;
/** Largest number of rows in the table, newest first. */
const ROWS = 200;
const MINUTE_MS = 60_000;

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
  /** Below a chart, whose axis is in minutes. */
  readonly minutes: string;
}

/** Returns the body of the page. Text from boards is escaped, and no script runs there. */
export function messagesBody(
  { rows, dropped }: MessagePage,
  name: (uid: string) => string,
  words: PageWords,
): string {
  const link = (command: string, text: string) =>
    `<a class="button" href="command:mpyFleet.${command}">${escapeMarkup(text)}</a>`;
  const head = [
    `<h1>${escapeMarkup(words.title)}</h1>`,
    `<p>${link('filterMessages', words.filter)} ${link('exportMessages', words.export)} ${link('sendAppMessage', words.send)}</p>`,
  ];
  if (rows.length === 0) return [...head, `<p>${escapeMarkup(words.none)}</p>`].join('\n');
  const [time, board, data] = words.columns.map(escapeMarkup);
  const lines = [...rows]
    .reverse()
    .slice(0, ROWS)
    .map((row) => {
      const text = JSON.stringify(dataOf(row));
      const at = new Date(row.at).toLocaleString();
      return `<tr><td>${escapeMarkup(at)}</td><td>${escapeMarkup(name(row.uid))}</td><td><code>${escapeMarkup(text)}</code></td></tr>`;
    });
  return [
    ...head,
    `<p>${escapeMarkup(words.count)}${dropped > 0 ? `; <strong>${escapeMarkup(words.dropped)}</strong>` : ''}</p>`,
    ...charts(rows, name, words),
    `<table><thead><tr><th>${time}</th><th>${board}</th><th>${data}</th></tr></thead><tbody>`,
    ...lines,
    '</tbody></table>',
  ].join('\n');
}

/** Draws a chart for each number that apps send, with one line for each board. */
function charts(
  rows: readonly MessageRow[],
  name: (uid: string) => string,
  words: PageWords,
): string[] {
  const last = rows.at(-1)?.at ?? 0;
  const byNumber = new Map<string, Map<string, [number, number][]>>();
  for (const row of rows) {
    for (const [number, value] of Object.entries(numbersOf(row))) {
      if (!Number.isFinite(value)) continue;
      const lines = byNumber.get(number) ?? new Map<string, [number, number][]>();
      byNumber.set(number, lines);
      const points = lines.get(row.uid) ?? [];
      lines.set(row.uid, points);
      points.push([(row.at - last) / MINUTE_MS, value]);
    }
  }
  return [...byNumber].slice(0, CHARTS).map(([number, lines]) => {
    const series = [...lines].map(([uid, points]) => ({ name: name(uid), points }));
    return `<figure>${chartSvg(series, number)}<figcaption>${escapeMarkup(words.minutes)}</figcaption></figure>`;
  });
}
