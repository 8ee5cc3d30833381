import { escapeMarkup } from './table';

/** Points of one line, in order of arrival. */
export interface Series {
  readonly name: string;
  /** `[x, y]`; finite numbers. */
  readonly points: readonly (readonly [number, number])[];
}

const WIDTH = 640;
const HEIGHT = 300;
const MARGIN = { left: 64, right: 12, top: 28, bottom: 30 };
/** Number of points drawn for one line: more cannot be distinguished. */
const DRAWN = 600;
/** Colours with a contrast of at least 3:1 to light and to dark backgrounds. */
const COLOURS = [
  '#2f7ed8',
  '#e4572e',
  '#2a9d5c',
  '#b0569f',
  '#b98200',
  '#00a3a3',
  '#8a6d5c',
  '#777777',
];
/** The colour of text: the theme's in a window, grey in other readers, which know no such name. */
const THEMED = 'color="var(--vscode-foreground, #888888)"';
const INK = 'currentColor';
/** Attributes of every picture. */
const FONT = `font-family="sans-serif" font-size="11" ${THEMED}`;

/**
 * Draws a chart as an SVG picture, which notebooks store and every reader shows. A chart library would draw only where its script
 * runs, so the saved file would need a second drawing; 1000 points of SVG are redrawn in a few milliseconds.
 */
export function chartSvg(series: readonly Series[], title = ''): string {
  const points = series.flatMap((s) => s.points);
  const [x0, x1] = range(points.map(([x]) => x));
  const [y0, y1] = range(points.map(([, y]) => y));
  const inner = { w: WIDTH - MARGIN.left - MARGIN.right, h: HEIGHT - MARGIN.top - MARGIN.bottom };
  // Halves, because the difference of two very large numbers is infinite.
  const share = (v: number, from: number, to: number) => (v / 2 - from / 2) / (to / 2 - from / 2);
  const px = (x: number) => MARGIN.left + share(x, x0, x1) * inner.w;
  const py = (y: number) => MARGIN.top + (1 - share(y, y0, y1)) * inner.h;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" ${FONT}>`,
    `<title>${escapeMarkup(title || 'Chart')}</title>`,
  ];
  for (const y of ticks(y0, y1, 5)) {
    const at = num(py(y));
    parts.push(
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at}" y2="${at}" stroke="${INK}" stroke-opacity="0.3"/>`,
      `<text x="${MARGIN.left - 6}" y="${at}" dy="4" text-anchor="end" fill="${INK}">${tickText(y)}</text>`,
    );
  }
  for (const x of ticks(x0, x1, 8)) {
    parts.push(
      `<text x="${num(px(x))}" y="${HEIGHT - 10}" text-anchor="middle" fill="${INK}">${tickText(x)}</text>`,
    );
  }
  let legend = MARGIN.left;
  for (const [i, { name, points: own }] of series.entries()) {
    const colour = COLOURS[i % COLOURS.length] ?? INK;
    const line = thinned(own).map(([x, y]) => `${num(px(x))},${num(py(y))}`);
    parts.push(
      `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${line.join(' ')}"/>`,
    );
    // A line of one point would not be seen.
    const [[x, y] = [], second] = own;
    if (x !== undefined && y !== undefined && !second)
      parts.push(`<circle cx="${num(px(x))}" cy="${num(py(y))}" r="3" fill="${colour}"/>`);
    if (name === '') continue;
    parts.push(
      `<rect x="${legend}" y="8" width="9" height="9" fill="${colour}"/>`,
      `<text x="${legend + 14}" y="16" fill="${INK}">${escapeMarkup(name)}</text>`,
    );
    legend += 30 + name.length * 7;
  }
  if (title !== '') {
    parts.push(
      `<text x="${WIDTH - MARGIN.right}" y="16" text-anchor="end" fill="${INK}">${escapeMarkup(title)}</text>`,
    );
  }
  return [...parts, '</svg>'].join('\n');
}

/** Returns the lowest and the highest value, widened if they are equal. */
function range(values: readonly number[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const v of values) [low, high] = [Math.min(low, v), Math.max(high, v)];
  if (low > high) return [0, 1];
  const wider = Math.max(0.5, Math.abs(low) / 1e6); // adding 0.5 to 1e20 changes nothing
  return high / 2 - low / 2 > 0 ? [low, high] : [low - wider, high + wider];
}

/** Returns round values between two numbers, about `count` of them. */
function ticks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((f) => f * power >= rough) ?? 10) * power;
  if (!Number.isFinite(step) || step <= 0) return [low];
  const first = Math.ceil(low / step);
  const last = Math.min(Math.floor(high / step), first + 2 * count);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

function tickText(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function num(value: number): string {
  return value.toFixed(1);
}

/** Reduces a long line: keeps the lowest and the highest point of each part, so peaks stay visible. */
function thinned(points: Series['points']): Series['points'] {
  if (points.length <= DRAWN) return points;
  const size = Math.ceil(points.length / (DRAWN / 2));
  const kept: (readonly [number, number])[] = [];
  for (let at = 0; at < points.length; at += size) {
    const some = points.slice(at, at + size).sort((a, b) => a[1] - b[1]);
    const ends = [some[0], some.at(-1)].filter((p) => p !== undefined);
    kept.push(...ends.sort((a, b) => a[0] - b[0]));
  }
  return kept;
}

/** Draws the used fraction (0 to 1) of each part of a heap. */
export function heapSvg(cells: readonly number[], title: string): string {
  const [across, size] = [96, 6];
  const rows = Math.ceil(cells.length / across);
  const rects = cells.map((used, i) => {
    const [x, y] = [(i % across) * size, Math.floor(i / across) * size + 20];
    const fill =
      used === 0
        ? `fill="${INK}" fill-opacity="0.15"`
        : `fill="#2f7ed8" fill-opacity="${(0.25 + 0.75 * used).toFixed(2)}"`;
    return `<rect x="${x}" y="${y}" width="${size - 1}" height="${size - 1}" ${fill}/>`;
  });
  const [width, height] = [across * size, rows * size + 20];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ${FONT}>`,
    `<text x="0" y="13" fill="${INK}">${escapeMarkup(title)}</text>`,
    ...rects,
    '</svg>',
  ].join('\n');
}
