import { randomUUID } from 'node:crypto';
import { asError } from '../errors';
import { Emitter, type Disposable } from '../events';
import { actionFromJson, actionToJson } from './actionJson';
import { describeAction, type FleetAction, type StoredAction } from './fleetActions';

/** An action that waits for one board to come back. */
export interface PendingJob {
  /** Ids sort in the order in which the jobs were added. */
  readonly id: string;
  /** The board's unique id, which identifies it when it returns on any link. */
  readonly uid: string;
  /** Its name when the job was created. */
  readonly board: string;
  readonly what: string;
  /** ISO 8601. */
  readonly at: string;
  readonly action: StoredAction;
}

/** Storage of waiting jobs, which several processes share. */
export interface PendingStore {
  /** Returns the ids of all jobs in the order in which they were added. */
  ids(): Promise<readonly string[]>;
  /** Returns undefined for a job that another process has removed. */
  read(id: string): Promise<string | undefined>;
  write(id: string, json: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** Runs `work` while no other process runs jobs of the board. Waits for its turn. */
  alone<T>(uid: string, work: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Calls `changed` when jobs were added or removed, by any process. */
  follow(changed: () => void, onError: (error: Error) => void): Disposable;
}

/** Work on the jobs of one board. */
interface Busy {
  work: Promise<void>;
  /** The board has returned again. */
  again: boolean;
}

/**
 * Jobs for boards that are away (deep sleep, switched off). Each runs once when its board returns,
 * in the first window or watcher to notice.
 */
export class PendingJobs implements Disposable {
  readonly #jobs = new Map<string, PendingJob>();
  /** Ids of damaged jobs, which were reported. */
  readonly #damaged = new Set<string>();
  /** Index by uid, rebuilt on demand after a change, because every row of the tree needs it. */
  #byUid: Map<string, PendingJob[]> | undefined;
  /** Unfinished work on boards, by uid. */
  readonly #busy = new Map<string, Busy>();
  readonly #changed = new Emitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #ended = new AbortController();
  #reading: Promise<void> = Promise.resolve();
  /** A read that has not started, shared by everyone who asks in the meantime. */
  #nextReading: Promise<void> | undefined;
  #following: Disposable | undefined;
  #added = 0;

  constructor(
    private readonly store: PendingStore,
    /** Performs the action on the board with this uid; rejects if it failed. */
    private readonly perform: (job: PendingJob) => Promise<void>,
    private readonly onError: (error: Error, job?: PendingJob) => void,
  ) {}

  /**
   * Loads the jobs that wait, and follows what other processes add and remove. Damaged entries are reported and
   * skipped.
   */
  async load(): Promise<void> {
    this.#following ??= this.store.follow(
      () => void this.#read().catch((error: unknown) => this.onError(asError(error))),
      this.onError,
    );
    await this.#read();
  }

  get all(): readonly PendingJob[] {
    return [...this.#jobs.values()];
  }

  for(uid: string): readonly PendingJob[] {
    this.#byUid ??= grouped(this.all);
    return this.#byUid.get(uid) ?? [];
  }

  async add(uid: string, board: string, action: FleetAction): Promise<PendingJob> {
    const now = new Date();
    const order = String(this.#added++ % 10_000).padStart(4, '0');
    const id = `${String(now.getTime()).padStart(13, '0')}-${order}-${randomUUID()}`;
    const json = JSON.stringify({
      uid,
      board,
      at: now.toISOString(),
      action: actionToJson(action),
    });
    await this.store.write(id, json);
    const job = parsed(id, json);
    this.#jobs.set(id, job);
    this.#change();
    return job;
  }

  async remove(id: string): Promise<void> {
    await this.store.remove(id);
    if (this.#jobs.delete(id)) this.#change();
  }

  /**
   * Runs the jobs of a board that is back, in the order created. A job that fails stays, and later
   * ones wait with it, because they may depend on it; the next return retries.
   */
  async boardIsBack(uid: string): Promise<void> {
    const running = this.#busy.get(uid);
    if (running) {
      // It may have left and returned while a job waited for its answer.
      running.again = true;
      return running.work;
    }
    const own: Busy = { work: Promise.resolve(), again: true };
    this.#busy.set(uid, own);
    own.work = this.#runAgain(uid, own);
    await own.work;
  }

  async #runAgain(uid: string, own: Busy): Promise<void> {
    while (own.again && !this.#ended.signal.aborted) {
      own.again = false;
      await this.#runAll(uid);
    }
    this.#busy.delete(uid);
  }

  /** Resolves when no job runs. */
  async idle(): Promise<void> {
    await Promise.all([...this.#busy.values()].map(({ work }) => work));
  }

  async #runAll(uid: string): Promise<void> {
    let current: PendingJob | undefined;
    try {
      await this.#read();
      if (this.for(uid).length === 0) return;
      const { signal } = this.#ended;
      await this.store.alone(
        uid,
        async () => {
          // Another process may have run some of them in the meantime.
          while (!signal.aborted) {
            await this.#read();
            current = this.for(uid)[0];
            if (!current) return;
            await this.perform(current);
            await this.remove(current.id);
          }
        },
        signal,
      );
    } catch (error) {
      if (!this.#ended.signal.aborted) this.onError(asError(error), current);
    }
  }

  dispose(): void {
    this.#ended.abort();
    this.#following?.dispose();
    this.#changed.dispose();
  }

  /** Resolves when everything that is in the store now was read. */
  #read(): Promise<void> {
    this.#nextReading ??= this.#reading.then(() => {
      this.#nextReading = undefined;
      const reading = this.#readAll();
      this.#reading = reading.catch(() => undefined); // those who wait for `reading` report it
      return reading;
    });
    return this.#nextReading;
  }

  async #readAll(): Promise<void> {
    const ids = await this.store.ids();
    const there = new Set(ids);
    const gone = [...this.#jobs.keys()].filter((id) => !there.has(id));
    for (const id of gone) this.#jobs.delete(id);
    let added = 0;
    for (const id of ids) {
      if (this.#jobs.has(id) || this.#damaged.has(id)) continue;
      const json = await this.store.read(id);
      if (json === undefined) continue;
      try {
        this.#jobs.set(id, parsed(id, json));
        added++;
      } catch (error) {
        this.#damaged.add(id);
        this.onError(asError(error));
      }
    }
    if (added === 0 && gone.length === 0) return;
    const inOrder = [...this.#jobs].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#jobs.clear();
    for (const [id, job] of inOrder) this.#jobs.set(id, job);
    this.#change();
  }

  #change(): void {
    this.#byUid = undefined;
    this.#changed.fire();
  }
}

/** Parses a stored job. @throws SyntaxError or UsageError for a damaged one */
function parsed(id: string, json: string): PendingJob {
  const { uid, board, at, action: stored } = JSON.parse(json) as Record<string, unknown>;
  const action = actionFromJson(stored);
  const words = { uid: String(uid), board: String(board), at: String(at) };
  return { id, ...words, action, what: describeAction(action) };
}

function grouped(jobs: readonly PendingJob[]): Map<string, PendingJob[]> {
  const groups = new Map<string, PendingJob[]>();
  for (const job of jobs) {
    const group = groups.get(job.uid);
    if (group) group.push(job);
    else groups.set(job.uid, [job]);
  }
  return groups;
}
