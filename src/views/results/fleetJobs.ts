import type { Board } from '../../core/board/board';
import { asError } from '../../core/errors';
import { Emitter, type Disposable } from '../../core/events';
import type { FleetAction } from '../../core/many/fleetActions';
import { FleetJob } from '../../core/many/fleetJob';
import type { GroupPublisher } from '../../core/broker/groupPublisher';
import type { JobHistory } from '../../core/many/jobHistory';
import type { ManyJob } from '../../core/many/manyJob';
import type { Log } from '../../core/log';
import type { ManyStopAnswer, StopPolicies } from '../../core/board/stopPolicy';

export interface FleetJobsServices {
  readonly log: Log;
  readonly stopPolicies: StopPolicies;
  readonly history: JobHistory;
  /** Undefined while no broker is in use. */
  publisher(): GroupPublisher | undefined;
  concurrency(): number;
  /** Seconds for one board; 0: no limit. */
  timeoutSeconds(): number;
}

/** Jobs that can be looked at again. */
const KEPT = 20;

/** The jobs on many boards of this window: begins them, keeps the last ones, writes them into the history. */
export class FleetJobs implements Disposable {
  readonly #jobs: ManyJob[] = [];
  readonly #changed = new Emitter<ManyJob | undefined>();
  /** Another job is shown, or there is a new one. */
  readonly onDidChange = this.#changed.event;
  #current: ManyJob | undefined;

  constructor(private readonly services: FleetJobsServices) {}

  get stopPolicies(): StopPolicies {
    return this.services.stopPolicies;
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

  /** Does `action` on `boards`. Never rejects for a board: the results tell. */
  async run(
    action: FleetAction,
    boards: readonly Board[],
    programs: ManyStopAnswer,
    options: { signal?: AbortSignal | undefined; place?: 'shown' | 'aside' } = {},
  ): Promise<FleetJob> {
    const { services } = this;
    const seconds = services.timeoutSeconds();
    const job = new FleetJob(
      action,
      boards,
      { stopPolicies: services.stopPolicies, publisher: services.publisher() },
      {
        programs,
        concurrency: services.concurrency(),
        ...(seconds > 0 ? { timeoutMs: seconds * 1000 } : {}),
      },
    );
    await this.follow(job, () => job.run(undefined, options.signal), options.place);
    return job;
  }

  /**
   * Shows a job, runs it, and writes it into the history. One that begins by itself (`'aside'`) is kept with the others, and
   * shown when nothing else is.
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

  /** Again on the boards that did not answer well; a roll-out is begun anew by the user. */
  async retry(job: ManyJob): Promise<void> {
    if (job.running || !(job instanceof FleetJob)) return;
    this.show(job);
    const boards = job.unfinished;
    await this.#finish(job, () => job.run(boards));
  }

  async #finish(job: ManyJob, run: () => Promise<unknown>): Promise<void> {
    const start = new Date();
    await run();
    this.#changed.fire(this.#current);
    const ms = Date.now() - start.getTime();
    try {
      await this.services.history.append(job.title, start, ms, job.results);
    } catch (error) {
      this.services.log.error(`The history of jobs cannot be written: ${asError(error).message}`);
    }
  }

  dispose(): void {
    for (const job of this.#jobs) job.dispose();
    this.#changed.dispose();
  }
}
