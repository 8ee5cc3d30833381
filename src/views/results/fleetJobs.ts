import type { Board, ManyStopAnswer, StopPolicies } from '../../core/board';
import { Emitter, type Disposable } from '../../core/events';
import {
  type FleetAction,
  FleetJob,
  type FleetJobServices,
  type GroupPublisher,
  type ManyJob,
  type UploadServices,
} from '../../core/many';
import { auditResults } from '../../core/audit/auditError';
import type { Operations } from '../../core/audit/operations';

export interface FleetJobsServices {
  readonly stopPolicies: StopPolicies;
  readonly operations: Operations;
  /** Returns a board's unique id by its id in the tree. */
  uidOf(id: string): string | undefined;
  /** Called with a board's id in the tree when code ran on it or it was reset: its files may have changed. */
  ran(id: string): void;
  /** Undefined while no broker is in use. */
  publisher(): GroupPublisher | undefined;
  readonly upload: UploadServices;
  readonly updateAgent: FleetJobServices['updateAgent'];
  readonly updateFirmware: FleetJobServices['updateFirmware'];
  readonly deployApp: FleetJobServices['deployApp'];
  concurrency(): number;
  /** Returns the time limit for one board, in seconds; 0: no limit. */
  timeoutSeconds(): number;
}

/** Number of jobs that can be viewed again. */
const KEPT = 20;

/**
 * Starts jobs on many boards and keeps the most recent ones. Each is one operation of the audit.
 */
export class FleetJobs implements Disposable {
  readonly #jobs: ManyJob[] = [];
  readonly #changed = new Emitter<ManyJob | undefined>();
  /** Another job is shown, or there is a new one. */
  readonly onDidChange = this.#changed.event;
  #current: ManyJob | undefined;
  /** Whether the user sees the results now; kept by the view. */
  inSight = false;

  constructor(private readonly services: FleetJobsServices) {}

  get stopPolicies(): StopPolicies {
    return this.services.stopPolicies;
  }

  /** Services of a job on many boards. */
  get forJobs(): FleetJobServices {
    const { stopPolicies, upload, updateAgent, updateFirmware, deployApp } = this.services;
    const publisher = this.services.publisher();
    return { stopPolicies, upload, updateAgent, updateFirmware, deployApp, publisher };
  }

  /** The newest first. */
  get all(): readonly ManyJob[] {
    return this.#jobs;
  }

  get current(): ManyJob | undefined {
    return this.#current;
  }

  show(job: ManyJob): void {
    this.#current = job;
    this.#changed.fire(job);
  }

  /** Runs `action` on `boards`. Never rejects because of a board: the results show failures. */
  async run(
    action: FleetAction,
    boards: readonly Board[],
    programs: ManyStopAnswer,
    options: { signal?: AbortSignal | undefined; place?: 'shown' | 'aside' } = {},
  ): Promise<FleetJob> {
    const { services } = this;
    const seconds = services.timeoutSeconds();
    const job = new FleetJob(action, boards, this.forJobs, {
      programs,
      concurrency: services.concurrency(),
      ...(seconds > 0 ? { timeoutMs: seconds * 1000 } : {}),
    });
    await this.follow(job, () => job.run(undefined, options.signal), options.place);
    return job;
  }

  /**
   * Shows a job and runs it. A job that starts on its own (`'aside'`) is added to the list, and
   * shown only if no other job is.
   */
  async follow(
    job: ManyJob,
    run: () => Promise<unknown>,
    place: 'shown' | 'aside' = 'shown',
  ): Promise<void> {
    this.#jobs.unshift(job);
    for (const old of this.#jobs.splice(KEPT)) old.dispose();
    if (place === 'shown' || !this.#current) this.show(job);
    else this.#changed.fire(this.#current);
    await this.#finish(job, run);
  }

  /** Repeats the job on `boards`. */
  async retry(job: FleetJob, boards: readonly Board[]): Promise<void> {
    this.show(job);
    await this.#finish(job, () => job.run(boards), new Set(boards.map((b) => b.id)));
  }

  /** `only`: the boards that it runs on this time. */
  async #finish(
    job: ManyJob,
    run: () => Promise<unknown>,
    only?: ReadonlySet<string>,
  ): Promise<void> {
    const { services } = this;
    const results = () => job.results.filter((r) => only?.has(r.id) ?? true);
    const ended = services.operations.run(job.auditTitle, run, () =>
      auditResults(results(), (id) => services.uidOf(id)),
    );
    this.#changed.fire(this.#current); // it is running now
    await ended;
    // The user waits for the results, not for the tree, which now reads the folders of these boards again.
    this.#changed.fire(this.#current);
    if (job instanceof FleetJob && ['exec', 'reset'].includes(job.action.kind)) {
      for (const { id, untouched } of results()) if (!untouched) services.ran(id);
    }
  }

  dispose(): void {
    for (const job of this.#jobs) job.dispose();
    this.#changed.dispose();
  }
}
