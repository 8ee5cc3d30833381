import type { Store } from '../../core/store';
import { type Metric, METRICS, type Sample } from '../../core/many';
import type { BoardSeries, ChartPeriod } from './messages';

const DAY_MS = 86_400_000;
const PERIOD_MS: Readonly<Record<Exclude<ChartPeriod, 'live'>, number>> = {
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 30 * DAY_MS,
};
/** Number of points in a chart: one for each pixel or two of its width. */
const POINTS = 240;

/** Returns measurements of this window as lines of a chart. */
export function seriesOf(samples: readonly Sample[]): BoardSeries {
  return byMetric((metric) =>
    samples.flatMap((s) => {
      const value = s[metric];
      return value === undefined ? [] : [{ at: s.at, value }];
    }),
  );
}

/**
 * Returns measurements from the history as lines of a chart: means with their minimum and maximum.
 * @throws StoreError
 */
export async function storedSeries(
  store: Pick<Store, 'series'>,
  uid: string,
  period: Exclude<ChartPeriod, 'live'>,
  now: number,
): Promise<BoardSeries> {
  const time = { from: now - PERIOD_MS[period], to: now };
  const read = async (metric: Metric) => {
    const points = await store.series({ uid, metric, points: POINTS, ...time });
    const parts = points.map(({ at, mean, least, most }) => ({ at, value: mean, least, most }));
    return [metric, parts] as const;
  };
  const all = new Map(await Promise.all(METRICS.map(read)));
  return byMetric((metric) => all.get(metric) ?? []);
}

function byMetric(pointsOf: (metric: Metric) => NonNullable<BoardSeries[Metric]>): BoardSeries {
  const all = METRICS.map((metric) => [metric, pointsOf(metric)] as const);
  return Object.fromEntries(all.filter(([, points]) => points.length > 0));
}
