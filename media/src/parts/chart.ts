import { make } from './host';

/** One measured thing over time. */
export interface Series {
  readonly title: string;
  readonly points: readonly { readonly at: number; readonly value: number }[];
  /** How a value is written. */
  readonly show: (value: number) => string;
  readonly words: { readonly lowest: string; readonly highest: string; readonly last: string };
}

const WIDTH = 400;
const HEIGHT = 80;
const SVG = 'http://www.w3.org/2000/svg';

/** A line over time, in the theme's colour; what it shows is said in words for those who do not see it. */
export function chart(series: Series): HTMLElement {
  const { points, show, words } = series;
  const figure = make('figure', 'chart');
  const values = points.map((p) => p.value);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const last = values.at(-1) ?? low;
  const text =
    `${series.title}: ${words.last} ${show(last)}, ` +
    `${words.lowest} ${show(low)}, ${words.highest} ${show(high)}`;
  const caption = make('figcaption', '', text);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', text);
  const line = document.createElementNS(SVG, 'polyline');
  line.setAttribute('points', polyline(points, low, high));
  svg.append(line);
  figure.append(caption, svg);
  return figure;
}

function polyline(points: Series['points'], low: number, high: number): string {
  const from = points[0]?.at ?? 0;
  const span = Math.max(1, (points.at(-1)?.at ?? 0) - from);
  const range = high - low;
  // A single measurement is drawn as a level line: a point would not be seen.
  const all =
    points.length === 1 && points[0] ? [points[0], { ...points[0], at: from + span }] : points;
  return all
    .map(({ at, value }) => {
      const x = ((at - from) / span) * WIDTH;
      const part = range === 0 ? 0.5 : (value - low) / range;
      const y = HEIGHT - 2 - part * (HEIGHT - 4);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(' ');
}
