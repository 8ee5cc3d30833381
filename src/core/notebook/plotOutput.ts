import { counted } from '../counted';
import type { CellOutput, Display, MimeBundle } from './output';
import { chartSvg, type Series } from './svg';

/** Time between two redraws while numbers arrive, in milliseconds. */
const REDRAW_MS = 250;
/** Limit of different lines in one chart. */
const SERIES_LIMIT = 16;
/** A longer line of text is not searched for numbers, in characters. */
const LINE_LIMIT = 1_000;

const NUMBER = '[-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?';
const ONE = new RegExp(`^(?:([A-Za-z_][\\w .-]{0,30}?)\\s*[:=]\\s*)?(${NUMBER})$`);

/** Parses the numbers of a printed line: `1 2`, `1, 2`, `(1, 2)` or `temp:21.5 hum:40`. Returns undefined for other text. */
export function numbersIn(line: string): { name: string; value: number }[] | undefined {
  if (line.length > LINE_LIMIT) return undefined;
  const bare = line.trim().replace(/^[[(](.*?),?[\])]$/, '$1');
  const words = bare.replace(/\s*([:=])\s*/g, '$1').split(/\s*[,;]\s*|\s+/);
  const found = words.map((word) => ONE.exec(word));
  if (bare === '' || found.some((m) => m === null)) return undefined;
  return found.map((m) => ({ name: m?.[1] ?? '', value: Number(m?.[2]) }));
}

/** Turns lines of numbers into a growing chart, and passes other output on. */
export class PlotOutput implements CellOutput {
  readonly #series = new Map<string, [number, number][]>();
  #display: Display | undefined;
  #rest = '';
  #count = 0;
  #drawn = -Infinity;

  constructor(
    private readonly to: CellOutput,
    private readonly options: {
      readonly title: string;
      /** Number of the latest points kept for each line. */
      readonly points: number;
      readonly now: () => number;
    },
  ) {}

  text(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LINE_LIMIT) {
      this.to.text(this.#rest);
      this.#rest = '';
    }
    for (const line of lines) this.#line(line, '\n');
    if (this.options.now() - this.#drawn >= REDRAW_MS) this.#draw();
  }

  /** Call at the end of the cell, to draw the remaining points. */
  end(): void {
    if (this.#rest !== '') this.#line(this.#rest, '');
    this.#rest = '';
    this.#draw();
  }

  note(text: string): void {
    this.to.note(text);
  }

  fail(...failure: Parameters<CellOutput['fail']>): void {
    this.to.fail(...failure);
  }

  display(data: MimeBundle, kind?: 'display' | 'result'): Display {
    return this.to.display(data, kind);
  }

  ask(prompt: string, signal: AbortSignal): Promise<string | undefined> {
    return this.to.ask(prompt, signal);
  }

  #line(line: string, end: string): void {
    const numbers = numbersIn(line);
    if (!numbers) {
      this.to.text(line + end);
      return;
    }
    const x = this.#count++;
    for (const [i, { name, value }] of numbers.entries()) {
      const key = name !== '' ? name : numbers.length > 1 ? String(i + 1) : '';
      let points = this.#series.get(key);
      if (!points) {
        if (this.#series.size >= SERIES_LIMIT) continue;
        this.#series.set(key, (points = []));
      }
      points.push([x, value]);
      if (points.length > this.options.points) points.shift();
    }
  }

  #draw(): void {
    if (this.#count === 0) return;
    this.#drawn = this.options.now();
    const series = [...this.#series].map(([name, points]): Series => ({ name, points }));
    const data = chartBundle(series, this.options.title);
    if (this.#display) this.#display.update(data);
    else this.#display = this.to.display(data);
  }
}

/** Draws a chart, with a text for readers that show no pictures. */
export function chartBundle(series: readonly Series[], title: string): MimeBundle {
  const words = series.map(
    ({ name, points }) => `${name || 'values'}: ${counted(points.length, 'point')}`,
  );
  return { 'image/svg+xml': chartSvg(series, title), 'text/plain': words.join('\n') };
}
