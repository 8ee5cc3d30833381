import { randomUUID } from 'node:crypto';
import { Queue } from '../async';
import { asError } from '../errors';
import { Emitter, type Disposable } from '../events';
import { actionFromJson, actionToJson, describeAction, type FleetAction } from './fleetActions';

/** An action that waits for one board to come back. */
export interface PendingJob {
  readonly id: string;
  /** The board's unique id, which identifies it when it returns on any link. */
  readonly uid: string;
  /** Its name when the job was created. */
  readonly board: string;
  readonly what: string;
  /** ISO 8601. */
  readonly at: string;
  readonly action: FleetAction;
}

/** Storage of waiting jobs between sessions of the window. */
export interface PendingStore {
  load(): Promise<string | undefined>;
  save(json: string): Promise<void>;
}

/**
 * Jobs for boards that are away (deep sleep, switched off). Each runs once, when its board is back.
 */
export class PendingJobs implements Disposable {
  readonly #jobs = new Map<string, PendingJob>();
  /** Index by uid, rebuilt on demand after a change, because every row of the tree needs it. */
  #byUid: Map<string, PendingJob[]> | undefined;
  readonly #busy = new Set<string>();
  readonly #saving = new Queue();
  readonly #changed = new Emitter<void>();
  readonly onDidChange = this.#changed.event;

  constructor(
    private readonly store: PendingStore,
    /** Performs the action on the board with this uid; rejects if it failed. */
    private readonly perform: (job: PendingJob) => Promise<void>,
    private readonly onError: (error: Error, job?: PendingJob) => void,
  ) {}

  /**
   * Loads the jobs that were waiting when the last window closed. Damaged entries are reported and
   * skipped.
   */
  async load(): Promise<void> {
    const json = await this.store.load();
    if (json === undefined) return;
    for (const entry of JSON.parse(json) as Partial<PendingJob>[]) {
      try {
        const { id = '', uid = '', board = '', at = '' } = entry;
        const action = actionFromJson(entry.action);
        this.#jobs.set(id, { id, uid, board, at, action, what: describeAction(action) });
      } catch (error) {
        this.onError(asError(error));
      }
    }
    this.#change();
  }

  get all(): readonly PendingJob[] {
    return [...this.#jobs.values()];
  }

  for(uid: string): readonly PendingJob[] {
    this.#byUid ??= grouped(this.all);
    return this.#byUid.get(uid) ?? [];
  }

  async add(uid: string, board: string, action: FleetAction): Promise<PendingJob> {
    const job: PendingJob = {
      id: randomUUID(),
      uid,
      board,
      at: new Date().toISOString(),
      action,
      what: describeAction(action),
    };
    this.#jobs.set(job.id, job);
    await this.#save();
    return job;
  }

  async remove(id: string): Promise<void> {
    if (this.#jobs.delete(id)) await this.#save();
  }

  /**
   * Called when the board is back: runs its jobs in the order created. A job that fails stays, and
   * later ones wait with it, because they may depend on it; the next return retries.
   */
  async boardIsBack(uid: string): Promise<void> {
    if (this.#busy.has(uid)) return;
    this.#busy.add(uid);
    try {
      for (let job = this.for(uid)[0]; job; job = this.for(uid)[0]) {
        try {
          await this.perform(job);
        } catch (error) {
          this.onError(asError(error), job);
          return;
        }
        await this.remove(job.id);
      }
    } finally {
      this.#busy.delete(uid);
    }
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #change(): void {
    this.#byUid = undefined;
    this.#changed.fire();
  }

  #save(): Promise<void> {
    this.#change();
    return this.#saving.run(() => {
      const jobs = this.all.map((j) => ({ ...j, action: actionToJson(j.action) }));
      return this.store.save(JSON.stringify(jobs));
    });
  }
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
