import * as l10n from '@vscode/l10n';
import { ProtocolError, UsageError } from '../../errors';
import type { Magic, MagicCall } from '../magic';
import { chartBundle, PlotOutput } from '../plotOutput';
import type { Series } from '../svg';

const POINTS = 1_000;
const POINTS_LIMIT = 20_000;

function plotOutput({ args, out }: MagicCall): PlotOutput {
  const points = Number(args.value('points') ?? POINTS);
  if (!(points >= 2 && points <= POINTS_LIMIT)) {
    throw new UsageError(l10n.t('--points takes a number from 2 to {0}', POINTS_LIMIT));
  }
  const title = args.value('title') ?? '';
  return new PlotOutput(out, { title, points, now: () => performance.now() });
}

async function plot(call: MagicCall): Promise<void> {
  const { kernel, args, out, signal } = call;
  const { first: expression } = args;
  if (expression === undefined) {
    const output = plotOutput(call);
    call.redirect(output, () => output.end());
    return;
  }
  const code = `import json\nprint(json.dumps(${expression}\n))\n`;
  const printed = await kernel.ask(code, 'Reading numbers', signal);
  out.display(chartBundle(seriesOf(printed), args.value('title') ?? expression));
}

/** Parses a list of numbers, a list of rows of numbers, or a dict of lists. @throws ProtocolError */
export function seriesOf(json: string): Series[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new ProtocolError(l10n.t('The value is not a list of numbers'), { cause });
  }
  const named: [string, unknown][] =
    Array.isArray(value) && Array.isArray(value[0])
      ? columns(value)
      : Array.isArray(value)
        ? [['', value]]
        : typeof value === 'object' && value !== null
          ? Object.entries(value)
          : [];
  const series = named.map(([name, list]) => ({
    name,
    points: (Array.isArray(list) ? list : []).flatMap((y: unknown, x): [number, number][] =>
      typeof y === 'number' && Number.isFinite(y) ? [[x, y]] : [],
    ),
  }));
  if (series.every(({ points }) => points.length === 0)) {
    throw new UsageError(l10n.t('The output has no numbers to plot'), {
      hint: l10n.t('Give a list of numbers, a list of rows of numbers, or a dict of lists.'),
    });
  }
  return series;
}

function columns(rows: readonly unknown[]): [string, unknown[]][] {
  const [first] = rows;
  const width = Array.isArray(first) ? Math.min(first.length, 16) : 0;
  return Array.from({ length: width }, (_, i) => [
    String(i + 1),
    rows.map((row): unknown => (Array.isArray(row) ? row[i] : undefined)),
  ]);
}

const options = [
  { short: '-t', long: '--title', value: 'TITLE', help: () => l10n.t('title above the chart') },
  {
    short: '-n',
    long: '--points',
    value: 'N',
    help: () => l10n.t('number of latest points to keep; {0} by default', POINTS),
  },
];

/** Magics that draw charts. */
export const plotMagics: readonly Magic[] = [
  {
    name: '%plot',
    summary: () => l10n.t('Show numbers as a chart, live while they are printed.'),
    more: () =>
      l10n.t(
        'Below it in the cell, printed lines of numbers (1 2, or temp:21.5 hum:40) are drawn. With an expression, its value is.',
      ),
    options,
    args: [
      {
        name: 'expression',
        help: () => l10n.t('a list of numbers, of rows, or a dict of lists'),
        count: 'rest',
      },
    ],
    run: plot,
  },
];
