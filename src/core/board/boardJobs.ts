import { abortable, Queue } from '../async';
import {
  CancelledError,
  ConnectionLostError,
  OtherBoardError,
  ProgramRunningError,
} from '../errors';
import type { Session, Transport } from '../transport';

/** How an operation may treat a running program; undefined: it may not stop it. */
export type StopAnswer = 'stop' | 'stopAndRestart' | undefined;

/** How a job on a board is shown, cancelled and permitted. */
export interface JobOptions {
  /** A short description for the tree and status bar: "Uploading main.py". */
  job?: string;
  signal?: AbortSignal;
  /** Permission has already been given (by a question or `--stop`): stop a running program. */
  mayInterrupt?: boolean;
  /** The data sent contains a password or key, so it is not logged. */
  secret?: boolean;
  /** The work only reads, so it is not reported to BoardServices.worked. */
  looks?: boolean;
  /** If false, a running program causes ProgramRunningError instead of a question. */
  ask?: boolean;
  /**
   * The work is a program of the user's: the board counts as running, not busy, and another job may
   * stop it like main.py. `again` restarts it if that was promised.
   */
  program?: { again?: () => void };
}

/** The options of running code. */
export interface ExecOptions extends JobOptions {
  onStdout?: (chunk: Uint8Array) => void;
  /** How long the code may be silent, in milliseconds. */
  idleTimeoutMs?: number;
}

/** What the jobs need from their board. */
export interface JobHost {
  readonly board: { readonly name: string; readonly transport: Transport | undefined };
  /** Opens a link unless one is open. @throws ConnectError */
  ensureOpen(signal: AbortSignal | undefined): Promise<Transport>;
  /** Called first in every session: identifies the board once per connection. */
  identify(session: Session): Promise<void>;
  /** Opens another port of a board at whose port nothing answers. Returns false if there is none. */
  openOtherPort(signal: AbortSignal | undefined): Promise<boolean>;
  jobChanged(): void;
  /** Resolves when the user is not typing a line at the prompt. */
  typingOver(signal: AbortSignal | undefined): Promise<void>;
  mayStop(job: string, isRun: boolean): Promise<StopAnswer>;
}

interface Program {
  readonly stop: AbortController;
  readonly again: (() => void) | undefined;
}

/** When a program that was stopped by permission is restarted. */
type Restart = 'always' | 'ifOtherBoard';

const DEFAULT_JOB = 'Working';

/** Serialises jobs on one board, and asks before stopping a running program for one. */
export class BoardJobs {
  readonly #queue = new Queue();
  #current: string | undefined;
  #program: Program | undefined;
  /**
   * The link was lost during a job of the user's. Its code may still be waiting on the board for
   * data that will never arrive, and looks like a program. The user's next job may stop it, as the
   * lost job could have.
   */
  #cutOff = false;
  /** The last link on which a session began, so its port has the prompt. */
  #answered: Transport | undefined;

  constructor(private readonly host: JobHost) {}

  /**
   * Description of the current job; undefined if there is none, or if it is a program of the
   * user's.
   */
  get current(): string | undefined {
    return this.#program ? undefined : this.#current;
  }

  /** Whether a program started from here is running. */
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
      if (await this.#openOtherPort(options.signal)) return await this.withSession(work, options);
      // Ask outside the queue, so that no other job waits while the user thinks.
      const answer = await this.#answer(options);
      if (!answer) throw new ProgramRunningError(this.host.board.name);
      const restart = answer === 'stopAndRestart' ? 'always' : 'ifOtherBoard';
      return await this.#enqueue(work, options, true, restart);
    } finally {
      again?.();
    }
  }

  #enqueue<T>(
    work: (session: Session) => Promise<T>,
    options: JobOptions,
    mayInterrupt: boolean,
    restart?: Restart,
  ): Promise<T> {
    const job = { ...options, mayInterrupt };
    return this.#queue.run(
      () => (options.program ? this.#asProgram(work, job) : this.#asJob(work, job, { restart })),
      options.signal,
    );
  }

  #openOtherPort(signal: AbortSignal | undefined): Promise<boolean> {
    return this.#queue.run(async () => {
      const isKnown = this.#answered !== undefined && this.#answered === this.host.board.transport;
      return !isKnown && (await this.host.openOtherPort(signal));
    }, signal);
  }

  /** Runs work that types at the prompt. No session starts during it. */
  hold(work: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    return this.#queue.run(work, signal);
  }

  /** Runs work on the link itself, such as a reset, when its turn comes. */
  run(work: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    this.#program?.stop.abort(new CancelledError());
    return this.#queue.run(work, signal);
  }

  /**
   * Stops a program that was started from here, under the same rules as main.py.
   * @returns a function that restarts it, if that was promised
   */
  async #stopProgram(options: JobOptions): Promise<(() => void) | undefined> {
    const program = this.#program;
    if (!program) return undefined;
    // Starting a program is the work itself: a new Run replaces the program of the last Run without
    // asking.
    const answer = options.program ? 'stop' : await this.#answer(options);
    if (!answer) throw new ProgramRunningError(this.host.board.name);
    program.stop.abort(new CancelledError());
    return answer === 'stopAndRestart' ? program.again : undefined;
  }

  async #answer(options: JobOptions): Promise<StopAnswer> {
    if (options.mayInterrupt) return 'stop';
    if (this.#cutOff && options.ask !== false) return 'stop';
    if (options.ask === false) return undefined;
    const isRun = options.program !== undefined;
    return abortable(this.host.mayStop(options.job ?? DEFAULT_JOB, isRun), options.signal);
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
    { onStart, restart }: { onStart?: () => void; restart?: Restart | undefined },
  ): Promise<T> {
    const transport = await this.host.ensureOpen(options.signal);
    if (options.ask === false) await this.host.typingOver(options.signal);
    const begun = { yet: false };
    try {
      const result = await transport.withSession(
        async (session) => {
          begun.yet = true;
          this.#answered = transport;
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
      // The permission to stop its program was given for another board.
      if (restart && error instanceof OtherBoardError) await transport.reset('soft');
      throw error;
    } finally {
      try {
        // Restart was promised, whether or not the work succeeds.
        if (restart === 'always' && this.host.board.transport === transport) {
          await transport.reset('soft');
        }
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
