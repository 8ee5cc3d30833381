import { zoneText } from '../../../src/core/timeZone';
import { make } from './host';

/** One measured quantity over time. */
export interface Series {
  readonly title: string;
  /** Measurements. Over a long period each is a mean, with the minimum and maximum of the values behind it. */
  readonly points: readonly {
    readonly at: number;
    readonly value: number;
    readonly least?: number;
    readonly most?: number;
  }[];
  /**
   * Upper end of the axis. Undefined: a little above the highest value. The axis begins at zero
   * unless values are negative.
   */
  readonly most?: number | undefined;
  /** Formats a value. */
  readonly show: (value: number) => string;
  readonly words: { readonly lowest: string; readonly highest: string; readonly last: string };
  /** The board's time zone in minutes east of UTC, for the time axis; undefined: that of this computer. */
  readonly zone?: number | undefined;
}

const WIDTH = 400;
const HEIGHT = 80;
const SVG = 'http://www.w3.org/2000/svg';
/** Factor by which two measurements must be further apart than usual to leave a gap in the line. */
const GAP = 3;
const DAY_MS = 86_400_000;

/**
 * Draws a line over time between labelled axes, in the theme's colour. The label gives the same
 * facts to screen readers.
 */
export function chart(series: Series): HTMLElement {
  const { points, show, words } = series;
  const figure = make('figure', 'chart');
  const low = Math.min(...points.map((p) => p.least ?? p.value));
  const high = Math.max(...points.map((p) => p.most ?? p.value));
  const last = points.at(-1)?.value ?? low;
  const text =
    `${series.title}: ${words.last} ${show(last)}, ` +
    `${words.lowest} ${show(low)}, ${words.highest} ${show(high)}`;
  const scale = scaleOf(low, high, series.most);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', text);
  for (const piece of pieces(points)) {
    if (piece.some((p) => p.most !== undefined)) {
      const band = document.createElementNS(SVG, 'polygon');
      const edge = (of: 'least' | 'most') =>
        piece.map((p) => ({ at: p.at, value: p[of] ?? p.value }));
      const both = [...edge('most'), ...edge('least').reverse()];
      band.setAttribute('points', polyline(both, points, scale));
      svg.append(band);
    }
    const line = document.createElementNS(SVG, 'polyline');
    line.setAttribute('points', polyline(piece, points, scale));
    svg.append(line);
  }
  const yAxis = make('div', 'chart-y');
  yAxis.append(make('span', '', show(scale.to)), make('span', '', show(scale.from)));
  const span = (points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0);
  const xAxis = make('div', 'chart-x');
  xAxis.append(
    make('span', '', clock(points[0]?.at, span, series.zone)),
    make('span', '', points.length > 1 ? clock(points.at(-1)?.at, span, series.zone) : ''),
  );
  const plot = make('div', 'chart-plot');
  plot.append(yAxis, svg, xAxis);
  figure.append(make('figcaption', '', text), plot);
  return figure;
}

/** The values at both ends of the axis. */
export interface Scale {
  readonly from: number;
  readonly to: number;
}

/**
 * Returns the scale of the axis. It goes from zero to the total if there is one, so that a change
 * of 1 % looks like 1 %.
 */
export function scaleOf(low: number, high: number, most: number | undefined): Scale {
  if (low < 0) return { from: Math.floor(low / 10) * 10 - 10, to: Math.min(0, high + 10) };
  const to = Math.max(most ?? high, high);
  return { from: 0, to: to === 0 ? 1 : to };
}

/** Splits the measurements at gaps: while a board is away, nothing is measured. */
export function pieces<T extends { readonly at: number }>(points: readonly T[]): T[][] {
  const steps = points.slice(1).map((p, i) => p.at - (points[i]?.at ?? p.at));
  const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  const all: T[][] = [];
  for (const [i, point] of points.entries()) {
    const step = steps[i - 1];
    if (step === undefined || step > usual * GAP) all.push([point]);
    else all.at(-1)?.push(point);
  }
  return all;
}

function polyline(piece: Series['points'], all: Series['points'], { from, to }: Scale): string {
  const start = all[0]?.at ?? 0;
  const span = Math.max(1, (all.at(-1)?.at ?? 0) - start);
  const x = (at: number) => ((at - start) / span) * WIDTH;
  const places = piece.map(({ at, value }) => {
    const y = HEIGHT - 2 - ((value - from) / (to - from)) * (HEIGHT - 4);
    return { x: x(at), y };
  });
  // A single measurement is drawn as a short horizontal line, because a point would be invisible.
  const [only] = places;
  if (only && places.length === 1) {
    places.push({ ...only, x: all.length === 1 ? WIDTH : Math.min(WIDTH, only.x + 4) });
  }
  return places.map((p) => `${p.x.toFixed(1)},${p.y.toFixed(1)}`).join(' ');
}

/** Formats the time of day, with the day if the axis is longer than one day, and with the zone if it is the board's. */
export function clock(at: number | undefined, span: number, zone?: number): string {
  if (at === undefined) return '';
  const date = new Date(at + (zone ?? 0) * 60_000);
  const shift = zone === undefined ? {} : { timeZone: 'UTC' };
  const time =
    span > DAY_MS
      ? date.toLocaleString([], { dateStyle: 'short', timeStyle: 'short', ...shift })
      : date.toLocaleTimeString([], { timeStyle: 'short', ...shift });
  return zone === undefined ? time : `${time} ${zoneText(zone)}`;
}
