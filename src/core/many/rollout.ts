import { abortable, Deferred, systemClock, type Clock } from '../async';
import { asError, CancelledError, FleetError, TimeoutError } from '../errors';
import { forEachBoard, type Outcome } from './jobs';

/** What a roll-out does on one board. The steps are the caller's, so that any link and any content can be rolled out. */
export interface RolloutSteps<B> {
  /** Keeps what is to be replaced, then puts the new in place. */
  apply(board: B, signal: AbortSignal): Promise<void>;
  /** Whether the board is well with the new. False and an error both mean no, until the time is over. */
  healthy(board: B, signal: AbortSignal): Promise<boolean>;
  /** Puts back what was kept. Called also for a board on which `apply` failed half-way. */
  rollBack(board: B, signal: AbortSignal): Promise<void>;
  /** Frees what was kept, once all is well. */
  settle(board: B, signal: AbortSignal): Promise<void>;
}

export interface RolloutPlan {
  /** Boards in the first wave; 1 unless given. */
  readonly canaries?: number;
  /** Part of all boards that each later wave brings it to, rising to 1: `[0.1, 0.5, 1]`. */
  readonly waves?: readonly number[];
  /** A board has so long to become healthy, in milliseconds. */
  readonly healthMs: number;
  /** Boards of a wave that may fail before the roll-out stops; 0 unless given. */
  readonly tolerated?: number;
  readonly concurrency?: number;
  /** Most time to put the new on one board. */
  readonly timeoutMs?: number;
}

export type RolloutStep =
  'waiting' | 'applying' | 'checking' | 'well' | 'failed' | 'rollingBack' | 'rolledBack' | 'stuck';

export interface RolloutRow<B> {
  readonly board: B;
  /** Counted from 0, the canaries. */
  readonly wave: number;
  readonly step: RolloutStep;
  readonly error?: Error;
}

export type RolloutEnd = 'done' | 'rolledBack' | 'cancelled';

/** Pause between two health questions to one board. */
const HEALTH_PAUSE_MS = 1_000;

/** Splits the boards into waves: the canaries, then what each part adds. */
export function wavesOf<B>(
  boards: readonly B[],
  plan: Pick<RolloutPlan, 'canaries' | 'waves'>,
): B[][] {
  const canaries = Math.max(1, Math.min(plan.canaries ?? 1, boards.length));
  const ends = [
    canaries,
    ...(plan.waves ?? []).map((part) => Math.ceil(part * boards.length)),
    boards.length,
  ];
  const waves: B[][] = [];
  let from = 0;
  for (const end of ends) {
    const to = Math.min(end, boards.length);
    if (to > from) waves.push(boards.slice(from, to));
    from = Math.max(from, to);
  }
  return waves;
}

/**
 * Brings something new to many boards, carefully: canaries first, then wave after wave, each only when the one before is
 * well. When a wave fails (or the user stops it) every board that was touched gets back what it had.
 */
export class Rollout<B> {
  readonly rows: RolloutRow<B>[];
  readonly #waves: B[][];
  readonly #clock: Clock;

  constructor(
    boards: readonly B[],
    private readonly steps: RolloutSteps<B>,
    private readonly plan: RolloutPlan,
    private readonly onChange: (row: RolloutRow<B>) => void = () => undefined,
    clock: Clock = systemClock,
  ) {
    this.#waves = wavesOf(boards, plan);
    this.#clock = clock;
    this.rows = this.#waves.flatMap((wave, i) =>
      wave.map((board): RolloutRow<B> => ({ board, wave: i, step: 'waiting' })),
    );
  }

  /** Runs to its end. Never rejects; the rows tell what became of each board. */
  async run(signal: AbortSignal): Promise<RolloutEnd> {
    for (const wave of this.#waves) {
      const failures = await this.#wave(wave, signal);
      if (signal.aborted) return this.#undo('cancelled');
      if (failures > (this.plan.tolerated ?? 0)) return this.#undo('rolledBack');
    }
    const well = this.#boards('well');
    await this.#each(well, this.steps.settle.bind(this.steps), new AbortController().signal);
    // Within what is tolerated, a board that failed does not keep half of the new.
    await this.#rollBack(this.#boards('failed'));
    return 'done';
  }

  /** Applies and checks; gives how many boards of the wave are not well. */
  async #wave(wave: readonly B[], signal: AbortSignal): Promise<number> {
    const outcomes = await this.#each(
      wave,
      async (board, own) => {
        this.#set(board, 'applying');
        await this.steps.apply(board, own);
        this.#set(board, 'checking');
        await this.#waitUntilHealthy(board, own);
      },
      signal,
    );
    for (const outcome of outcomes) {
      if (outcome.status === 'ok') this.#set(outcome.board, 'well');
      else if (this.#row(outcome.board)?.step !== 'waiting') {
        this.#set(outcome.board, 'failed', errorOf(outcome));
      }
    }
    return outcomes.filter((o) => o.status !== 'ok').length;
  }

  async #waitUntilHealthy(board: B, signal: AbortSignal): Promise<void> {
    const end = this.#clock.now() + this.plan.healthMs;
    let last: unknown;
    for (;;) {
      try {
        if (await this.steps.healthy(board, signal)) return;
        last = undefined;
      } catch (error) {
        if (error instanceof CancelledError || signal.aborted) throw error;
        last = error;
      }
      if (this.#clock.now() >= end) throw unhealthy(last);
      const pause = new Deferred<undefined>();
      const timer = this.#clock.after(HEALTH_PAUSE_MS, () => pause.resolve(undefined));
      await abortable(pause.promise, signal).finally(() => timer.dispose());
    }
  }

  async #undo(end: RolloutEnd): Promise<RolloutEnd> {
    await this.#rollBack(this.rows.filter((r) => r.step !== 'waiting').map((r) => r.board));
    return end;
  }

  /** Not to be called off: a board that has half of the new is worse than either. */
  async #rollBack(boards: readonly B[]): Promise<void> {
    for (const board of boards) this.#set(board, 'rollingBack', this.#row(board)?.error);
    const back = this.steps.rollBack.bind(this.steps);
    for (const outcome of await this.#each(boards, back, new AbortController().signal)) {
      const before = this.#row(outcome.board)?.error;
      if (outcome.status === 'ok') this.#set(outcome.board, 'rolledBack', before);
      else this.#set(outcome.board, 'stuck', errorOf(outcome));
    }
  }

  #each(
    boards: readonly B[],
    work: (board: B, signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Outcome<B, void>[]> {
    const { concurrency, timeoutMs } = this.plan;
    const limit = timeoutMs === undefined ? undefined : timeoutMs + this.plan.healthMs;
    return forEachBoard(boards, work, {
      concurrency,
      timeoutMs: limit,
      signal,
      clock: this.#clock,
    });
  }

  #boards(step: RolloutStep): B[] {
    return this.rows.filter((r) => r.step === step).map((r) => r.board);
  }

  #row(board: B): RolloutRow<B> | undefined {
    return this.rows.find((r) => r.board === board);
  }

  #set(board: B, step: RolloutStep, error?: Error): void {
    const at = this.rows.findIndex((r) => r.board === board);
    const old = this.rows[at];
    if (!old) return;
    const row = { board, wave: old.wave, step, ...(error ? { error } : {}) };
    this.rows[at] = row;
    this.onChange(row);
  }
}

function errorOf(outcome: Outcome<unknown, unknown>): Error {
  return outcome.status === 'failed' ? outcome.error : new CancelledError();
}

function unhealthy(last: unknown): FleetError {
  return new TimeoutError(
    last === undefined
      ? 'The health check stayed false'
      : `The health check failed: ${asError(last).message}`,
    { hint: 'Look at the log of this board; the files it had before were put back.', cause: last },
  );
}
