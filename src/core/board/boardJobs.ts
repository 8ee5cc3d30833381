import { Queue } from '../async';
import { CancelledError, ConnectionLostError, ProgramRunningError } from '../errors';
import type { Session, Transport } from '../transport';

/** How a running program may be treated by one operation; undefined: it may not be stopped. */
export type StopAnswer = 'stop' | 'stopAndRestart' | undefined;

export interface JobOptions {
  /** A few words for the tree and the status bar: "Uploading main.py". */
  job?: string;
  signal?: AbortSignal;
  /** The caller has asked already (or the command line was told `--stop`): a running program is stopped. */
  mayInterrupt?: boolean;
  /** What goes over the line holds a password or a key: it is not written to the log. */
  secret?: boolean;
  /** False: when a program runs, reject with ProgramRunningError instead of asking whether it may be stopped. */
  ask?: boolean;
  /**
   * The work is a program that the user runs: the board counts as running, not as busy, and another job may stop it as
   * it may stop main.py. `again` starts it anew when that was promised.
   */
  program?: { again?: () => void };
}

/** What the jobs need of their board. */
export interface JobHost {
  readonly name: string;
  readonly transport: Transport | undefined;
  /** Opens a link where none is open. @throws ConnectError */
  ensureOpen(signal: AbortSignal | undefined): Promise<Transport>;
  /** Called first in every session: the board says who it is, once per connection. */
  identify(session: Session): Promise<void>;
  jobChanged(): void;
  /** Resolves when the user is not in the middle of a line at the prompt. */
  typingOver(signal: AbortSignal | undefined): Promise<void>;
  mayStop(job: string): Promise<StopAnswer>;
}

interface Program {
  readonly stop: AbortController;
  readonly again: (() => void) | undefined;
}

const DEFAULT_JOB = 'Working';

/** The works on one board, one after the other; asks before a program that runs there is stopped for one. */
export class BoardJobs {
  readonly #queue = new Queue();
  #current: string | undefined;
  #program: Program | undefined;
  /**
   * The link was lost in the middle of a job that the user wanted: its code may still wait on the board for what never
   * comes, and looks like a program. The next job that the user wants may stop it, as that one might have.
   */
  #cutOff = false;

  constructor(private readonly host: JobHost) {}

  /** The words of the job that holds the board; undefined while none does, or while it is a program of the user's. */
  get current(): string | undefined {
    return this.#program ? undefined : this.#current;
  }

  /** A program that the user started from here runs. */
  get running(): boolean {
    return this.#program !== undefined;
  }

  /** See Board.withSession. */
  async withSession<T>(work: (session: Session) => Promise<T>, options: JobOptions): Promise<T> {
    const again = await this.#stopProgram(options);
    try {
      return await this.#enqueue(work, options, options.mayInterrupt ?? false);
    } catch (error) {
      if (!(error instanceof ProgramRunningError) || options.mayInterrupt) throw error;
      // Nobody waits for the board while the user thinks.
      const answer = await this.#answer(options);
      if (!answer) throw new ProgramRunningError(this.host.name);
      const restart = answer === 'stopAndRestart';
      return await this.#enqueue(work, options, true, restart);
    } finally {
      again?.();
    }
  }

  #enqueue<T>(
    work: (session: Session) => Promise<T>,
    options: JobOptions,
    mayInterrupt: boolean,
    restart = false,
  ): Promise<T> {
    const job = { ...options, mayInterrupt };
    return this.#queue.run(
      () => (options.program ? this.#asProgram(work, job) : this.#asJob(work, job, { restart })),
      options.signal,
    );
  }

  /** Work that types at the prompt: no session begins meanwhile. */
  hold(work: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    return this.#queue.run(work, signal);
  }

  /** Work on the link itself (a reset) when its turn comes. */
  run(work: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    this.#program?.stop.abort(new CancelledError());
    return this.#queue.run(work, signal);
  }

  /** A program that was started from here gives way as main.py does. @returns what starts it again, if promised */
  async #stopProgram(options: JobOptions): Promise<(() => void) | undefined> {
    const program = this.#program;
    if (!program) return undefined;
    const answer = await this.#answer(options);
    if (!answer) throw new ProgramRunningError(this.host.name);
    program.stop.abort(new CancelledError());
    return answer === 'stopAndRestart' ? program.again : undefined;
  }

  async #answer(options: JobOptions): Promise<StopAnswer> {
    if (options.mayInterrupt) return 'stop';
    if (this.#cutOff && options.ask !== false) return 'stop';
    return options.ask === false ? undefined : this.host.mayStop(options.job ?? DEFAULT_JOB);
  }

  async #asProgram<T>(work: (session: Session) => Promise<T>, options: JobOptions): Promise<T> {
    const stop = new AbortController();
    const signal = options.signal ? AbortSignal.any([stop.signal, options.signal]) : stop.signal;
    const program = { stop, again: options.program?.again };
    const onStart = () => {
      this.#program = program;
      this.host.jobChanged();
    };
    try {
      return await this.#asJob(work, { ...options, signal }, { onStart });
    } finally {
      this.#program = undefined;
      this.host.jobChanged();
    }
  }

  async #asJob<T>(
    work: (session: Session) => Promise<T>,
    options: JobOptions,
    { onStart, restart = false }: { onStart?: () => void; restart?: boolean },
  ): Promise<T> {
    const transport = await this.host.ensureOpen(options.signal);
    if (options.ask === false) await this.host.typingOver(options.signal);
    const begun = { yet: false };
    try {
      const result = await transport.withSession(
        async (session) => {
          begun.yet = true;
          this.#set(options.job ?? DEFAULT_JOB);
          await this.host.identify(session);
          onStart?.();
          return work(session);
        },
        {
          signal: options.signal,
          mayInterrupt: options.mayInterrupt,
          secret: options.secret,
        },
      );
      this.#cutOff = false;
      return result;
    } catch (error) {
      if (begun.yet && error instanceof ConnectionLostError && options.ask !== false) {
        this.#cutOff = true;
      }
      throw error;
    } finally {
      try {
        // The program was promised to run again, whatever became of the work.
        if (restart && this.host.transport === transport) await transport.reset('soft');
      } finally {
        this.#set(undefined);
      }
    }
  }

  #set(job: string | undefined): void {
    this.#current = job;
    this.host.jobChanged();
  }
}
