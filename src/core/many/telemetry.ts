import { Emitter } from '../events';

/** What is measured of a board over time. Bytes, seconds, dBm, milliseconds. */
export const METRICS = [
  'memoryFree',
  'flashFree',
  'signal',
  'roundTrip',
  'uptime',
  'reconnects',
] as const;
export type Metric = (typeof METRICS)[number];

/** One measurement: milliseconds since 1970 by this computer's clock, and the values that were told. */
export interface Sample extends Partial<Readonly<Record<Metric, number>>> {
  readonly at: number;
}

/** Samples kept for one board: half a day at one a minute. */
const SAMPLES = 720;
/** Boards with samples; beyond it the one that was silent longest is forgotten. */
const BOARDS = 5_000;

/** The last measurements of every board, within bounds. */
export class Telemetry {
  readonly #byUid = new Map<string, Sample[]>();
  readonly #changed = new Emitter<string>();
  /** Fired with the uid of a board that has been measured. */
  readonly onDidChange = this.#changed.event;

  add(uid: string, sample: Sample): void {
    const samples = this.#byUid.get(uid) ?? [];
    this.#byUid.delete(uid); // last heard goes to the end
    this.#byUid.set(uid, samples);
    samples.push(sample);
    if (samples.length > SAMPLES) samples.shift();
    if (this.#byUid.size > BOARDS) {
      const [oldest] = this.#byUid.keys();
      if (oldest !== undefined) this.#byUid.delete(oldest);
    }
    this.#changed.fire(uid);
  }

  of(uid: string): readonly Sample[] {
    return this.#byUid.get(uid) ?? [];
  }

  latest(uid: string): Sample | undefined {
    return this.#byUid.get(uid)?.at(-1);
  }
}

/**
 * A telemetry message of the agent (docs/protocol.md, section 2) as a sample. What is not a finite number is left out: the
 * message comes from the network.
 */
export function sampleFromAgent(data: Readonly<Record<string, unknown>>, at: number): Sample {
  const fs = Array.isArray(data.fs) ? (data.fs as unknown[]) : [];
  const values: [Metric, unknown][] = [
    ['memoryFree', data.free],
    ['flashFree', fs[1]],
    ['signal', data.rssi],
    ['roundTrip', data.rtt],
    ['uptime', data.up],
    ['reconnects', data.rc],
  ];
  const known = values.filter((v): v is [Metric, number] => Number.isFinite(v[1]));
  return { at, ...Object.fromEntries(known) };
}
