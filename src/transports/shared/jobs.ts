import { Op } from '../../core/agent';
import { CancelledError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import type { HostSession } from './hostSessions';
import type { Answers } from './inflow';
import { Refusal } from './refusal';

/** Maximum number of simultaneous jobs of one session. */
const MOST_OF_SESSION = 4;
/** Milliseconds between two BUSY while a job waits for the board or works. */
const BEAT_MS = 2_000;

interface Job {
  readonly session: HostSession;
  readonly reqid: number;
  readonly what: string;
  readonly stop: AbortController;
  beat: Disposable | undefined;
}

/** Requests that take a while on the board. The host receives BUSY during that time. */
export class Jobs {
  readonly #jobs = new Set<Job>();

  /** `isAbandoned`: no one waits for the result any more, and nothing is left half done. */
  constructor(
    private readonly answers: Answers,
    private readonly isAbandoned: (session: HostSession, reqid: number) => boolean,
  ) {}

  /**
   * Starts work whose result is the answer; undefined: the work answers on its own. A repeated
   * request gets BUSY.
   * @throws Refusal if there are too many jobs
   */
  start(
    session: HostSession,
    reqid: number,
    what: string,
    work: (signal: AbortSignal) => Promise<object | Uint8Array | undefined>,
  ): void {
    if (this.greet(session, reqid)) return;
    for (const job of this.#jobs) {
      // Many that come, ask and leave would keep the board from its user.
      if (this.isAbandoned(job.session, job.reqid)) job.stop.abort(new CancelledError());
    }
    const own = [...this.#jobs].filter((job) => job.session === session);
    if (own.length >= MOST_OF_SESSION) throw new Refusal('EBUSY', 'too many requests at once');
    const job: Job = { session, reqid, what, stop: new AbortController(), beat: undefined };
    this.#jobs.add(job);
    this.#beatOn(job);
    work(job.stop.signal)
      .finally(() => this.#end(job))
      .then(
        (answer) => answer && this.answers.finish(session, reqid, answer),
        (error: unknown) => this.answers.fail(session, reqid, error),
      );
  }

  /** Answers BUSY for an unfinished job. Returns false if there is none. */
  greet(session: HostSession, reqid: number): boolean {
    const job = this.#find(session, reqid);
    if (job) this.#busy(job);
    return job !== undefined;
  }

  /** Cancels a job, which then answers ECANCEL. Returns false if there is none. */
  cancel(session: HostSession, reqid: number): boolean {
    const job = this.#find(session, reqid);
    job?.stop.abort(new CancelledError());
    return job !== undefined;
  }

  /** Cancels all jobs. */
  dispose(): void {
    for (const job of this.#jobs) job.stop.abort(new CancelledError());
  }

  #find(session: HostSession, reqid: number): Job | undefined {
    return [...this.#jobs].find((job) => job.session === session && job.reqid === reqid);
  }

  #beatOn(job: Job): void {
    job.beat = this.answers.clock.after(BEAT_MS, () => {
      this.#busy(job);
      this.#beatOn(job);
    });
  }

  #end(job: Job): void {
    job.beat?.dispose();
    this.#jobs.delete(job);
  }

  #busy({ session, reqid, what }: Job): void {
    const payload = Buffer.from(JSON.stringify({ what }));
    this.answers.send(session, { op: Op.busy, reqid, payload });
  }
}
