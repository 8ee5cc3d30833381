import { Emitter } from '../events';

/**
 * Measurements of a board over time, in bytes, seconds, dBm, milliseconds and millivolts. The history adds values in this order,
 * so that a new one goes to the end.
 */
export const METRICS = [
  'memoryFree',
  'flashFree',
  'signal',
  'roundTrip',
  'uptime',
  'reconnects',
  'battery',
] as const;
export type Metric = (typeof METRICS)[number];

/** One measurement: milliseconds since 1970 by this computer's clock, and the reported values. */
export interface Sample extends Partial<Readonly<Record<Metric, number>>> {
  readonly at: number;
  /** Number of task restarts by the agent since its start. Not part of the history. */
  readonly taskRestarts?: number;
}

/** Samples kept per board: half a day at one per minute. */
const SAMPLES = 720;
/**
 * Maximum number of boards with samples; beyond it, the board that has been silent longest is
 * dropped.
 */
const BOARDS = 5_000;

/** The last measurements of every board, within bounds. */
export class Telemetry {
  readonly #byUid = new Map<string, Sample[]>();
  readonly #changed = new Emitter<string>();
  /** Fired with the uid of a measured board. */
  readonly onDidChange = this.#changed.event;

  /** Adds a sample. Forgets the oldest sample of the board, or the board not heard for longest, when there are too many. */
  add(uid: string, sample: Sample): void {
    const samples = this.#byUid.get(uid) ?? [];
    this.#byUid.delete(uid); // the most recently heard board goes to the end
    this.#byUid.set(uid, samples);
    samples.push(sample);
    if (samples.length > SAMPLES) samples.shift();
    if (this.#byUid.size > BOARDS) {
      const [oldest] = this.#byUid.keys();
      if (oldest !== undefined) this.#byUid.delete(oldest);
    }
    this.#changed.fire(uid);
  }

  /** Returns the samples of a board, the oldest first. */
  of(uid: string): readonly Sample[] {
    return this.#byUid.get(uid) ?? [];
  }

  /** Returns the last sample of a board. */
  latest(uid: string): Sample | undefined {
    return this.#byUid.get(uid)?.at(-1);
  }
}

/**
 * Converts a telemetry message of the agent (docs/protocol.md, section 2) to a sample. Omits values
 * that are not finite numbers, because the message comes from the network.
 */
export function sampleFromAgent(data: Readonly<Record<string, unknown>>, at: number): Sample {
  const taskRestarts = restartsOf(data.tasks);
  return { at, ...valuesFromAgent(data), ...(taskRestarts === undefined ? {} : { taskRestarts }) };
}

/** Returns the values of a telemetry message of the agent, without its time. */
export function valuesFromAgent(
  data: Readonly<Record<string, unknown>>,
): Partial<Record<Metric, number>> {
  const fs = Array.isArray(data.fs) ? (data.fs as unknown[]) : [];
  const values: [Metric, unknown][] = [
    ['memoryFree', data.free],
    ['flashFree', fs[1]],
    ['signal', data.rssi],
    ['roundTrip', data.rtt],
    ['uptime', data.up],
    ['reconnects', data.rc],
    ['battery', data.mv],
  ];
  const known = values.filter((v): v is [Metric, number] => Number.isFinite(v[1]));
  return Object.fromEntries(known);
}

/** Adds up all restarts of tasks, from `{"name": count}`. Undefined without tasks. */
function restartsOf(tasks: unknown): number | undefined {
  if (typeof tasks !== 'object' || tasks === null) return undefined;
  const counts = Object.values(tasks).filter(
    (n: unknown): n is number => typeof n === 'number' && Number.isFinite(n),
  );
  return counts.length === 0 ? undefined : counts.reduce((sum, n) => sum + n, 0);
}
