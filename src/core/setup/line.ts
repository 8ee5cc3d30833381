import { delay, systemClock, type Clock } from '../async';
import { asError } from '../errors';
import { requireDfuUtil } from '../flash';
import type { Log } from '../log';
import type { MadeList } from './madeList';
import { LineTally } from './lineTally';
import { AlreadySetUpError, type SetupRecord } from './record';
import { setUpBoard } from './setUpBoard';
import type { StepName } from './stepNames';
import type { SetupBoard, SetupHost, SetUpOptions } from './steps';
import { plainSecrets, type SetupTemplate } from './template';

/** Number of boards that are set up at the same time. */
const LINE_AT_ONCE = 8;
/** Interval, in milliseconds, at which new boards are searched. */
const LOOK_MS = 300;

/** Where boards of the line are plugged in. */
export interface LinePlaces {
  /** Returns the places that have a board which is not being worked on. */
  arrived(): Promise<readonly string[]>;
  /** Marks the board there as taken: it is not returned again until it has been unplugged. */
  take(place: string): void;
}

/** A board of the line, at its place. */
export interface LineBoard {
  readonly board: SetupBoard;
  readonly host: SetupHost;
  /** Returns the record of an earlier run in which this board failed, if it still answers. */
  readonly unfinished?: () => Promise<SetupRecord | undefined>;
  /** Closes the link. @returns the board's current place, if it has changed */
  readonly close: () => Promise<string | undefined>;
}

/** Events of a line, to be shown to people. */
export interface LineEvents {
  begins?(place: string): void;
  step?(place: string, step: StepName, words: string, done?: number, total?: number): void;
  /** The board is ready or has failed; it is in the list. */
  made?(place: string, record: SetupRecord): void;
  /** An earlier run had finished this board, so it was left as it is. */
  already?(place: string, error: AlreadySetUpError): void;
  /** The result of a board could not be written to the list. */
  broken?(place: string, error: Error): void;
}

/** How a production line runs. `atOnce`: boards at the same time. */
export interface LineOptions extends Pick<SetUpOptions, 'signal' | 'again'> {
  /** Ends after this number of boards. */
  readonly count?: number;
  readonly atOnce?: number;
  /** Continues however many boards fail in the same way. */
  readonly keepGoing?: boolean;
  readonly events?: LineEvents;
  readonly clock?: Clock;
}

/** The result of a production line. */
export interface LineOutcome {
  readonly ok: number;
  readonly failed: number;
  /** Why it stopped early, as a sentence; undefined if it did not. */
  readonly stopped: string | undefined;
}

/** Time, in milliseconds, within which a board that failed earlier must answer to be continued. */
const PEEK_MS = 5000;

/** Returns the steps that an earlier run did on this board before it failed, if its firmware answers. */
export async function unfinishedRecord(
  board: SetupBoard,
  made: Pick<MadeList, 'records' | 'of'>,
  { signal, log }: { readonly signal: AbortSignal; readonly log: Log },
): Promise<SetupRecord | undefined> {
  // Without a step that is done, there is nothing to continue. Firmware is the first step of a template that has it.
  const isUnfinished = (r: SetupRecord) => r.failed !== undefined && r.done.length > 0;
  if (!made.records.some(isUnfinished)) return undefined;
  try {
    const soon = AbortSignal.any([signal, AbortSignal.timeout(PEEK_MS)]);
    const { uid } = await board.info({ restarted: true, signal: soon });
    const before = uid === undefined ? undefined : made.of({ uid });
    return before && isUnfinished(before) ? before : undefined;
  } catch (error) {
    log.info(`${board.name} does not run MicroPython: ${asError(error).message}`);
    return undefined;
  }
}

/**
 * Asks for everything that a template needs and loads it, so that missing parts are reported before the first board is
 * changed.
 * @returns the number of boards that can be set up at once: the drives of boards in their loader look alike, so they go
 * one after the other
 * @throws whatever `host` throws
 */
export async function prepareLine(
  template: SetupTemplate,
  host: SetupHost,
  signal: AbortSignal,
): Promise<number> {
  for (const name of plainSecrets(template)) await host.secret(name);
  const firmware = template.firmware && (await host.firmware(template.firmware.use, signal));
  if (firmware?.kind === 'dfu') await requireDfuUtil(signal);
  const handOver = template.broker?.handOver;
  if (handOver !== undefined) {
    const [name = ''] = plainSecrets({ broker: { handOver } });
    await host.handOver((await host.secret(name)) ?? '');
  }
  if (template.app !== undefined) await host.app(template.app, signal);
  for (const file of template.files ?? []) {
    if (file.from !== undefined) await host.files(file, signal);
  }
  return firmware === undefined || firmware.kind === 'esp' ? LINE_AT_ONCE : 1;
}

/** Names a board that failed before it was identified by its port, which is all that is known of it. */
function withPlace(record: SetupRecord, place: string): SetupRecord {
  if (record.uid !== undefined || record.chip !== undefined) return record;
  return { ...record, notes: [...record.notes, place] };
}

/** Sets up every board that is plugged in, several at once, until it is stopped. */
export class ProductionLine {
  readonly #tally = new LineTally();
  readonly #working = new Map<string, Promise<void>>();
  #begun = 0;
  /** Number of the board that was begun last, finished ones included. */
  #order = 0;
  #stopped: string | undefined;
  #ends = false;

  constructor(
    private readonly template: SetupTemplate,
    private readonly places: LinePlaces,
    private readonly boardAt: (place: string) => LineBoard,
    private readonly add: (record: SetupRecord) => Promise<void>,
    private readonly options: LineOptions,
  ) {}

  /** Runs until `signal` is aborted, `count` boards are done, or a failure affects every board. */
  async run(): Promise<LineOutcome> {
    const { count = Infinity, signal, clock = systemClock } = this.options;
    while (!signal.aborted && !this.#ends && this.#stopped === undefined && this.#begun < count) {
      await this.#begin(count);
      await delay(clock, LOOK_MS, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
    await Promise.all(this.#working.values());
    return { ok: this.#tally.ok, failed: this.#tally.failed, stopped: this.#stopped };
  }

  /** Starts no more boards; the current ones are finished. */
  end(): void {
    this.#ends = true;
  }

  async #begin(count: number): Promise<void> {
    const { atOnce = LINE_AT_ONCE } = this.options;
    for (const place of await this.places.arrived()) {
      if (this.#working.size >= atOnce || this.#begun >= count) return;
      // A board with native USB disconnects and reconnects while it is being set up.
      if (this.#working.has(place)) continue;
      this.places.take(place);
      this.#begun++;
      const work = this.#one(place).finally(() => this.#working.delete(place));
      this.#working.set(place, work);
    }
  }

  /** Sets up one board and adds it to the list. Never rejects. */
  async #one(place: string): Promise<void> {
    const { signal, again, keepGoing, events = {} } = this.options;
    const { board, host, unfinished, close } = this.boardAt(place);
    const order = ++this.#order;
    try {
      events.begins?.(place);
      const before = await unfinished?.();
      const made = await setUpBoard(this.template, board, host, {
        signal,
        ...(again === undefined ? {} : { again }),
        ...(before ? { before } : {}),
        onStep: (step, words, done, total) => events.step?.(place, step, words, done, total),
      });
      const record = withPlace(made, board.name);
      await this.add(record);
      const stopped = this.#tally.add(record, order);
      if (!keepGoing) this.#stopped ??= stopped;
      events.made?.(place, record);
    } catch (error) {
      if (error instanceof AlreadySetUpError) {
        this.#begun--;
        events.already?.(place, error);
      } else {
        this.#stopped ??= asError(error).message; // without a list, the line must not continue
        events.broken?.(place, asError(error));
      }
    } finally {
      this.places.take(place);
      const now = await close();
      if (now !== undefined) this.places.take(now);
    }
  }
}
