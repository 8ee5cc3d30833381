import * as l10n from '@vscode/l10n';
import { abortable, Deferred, systemClock, type Clock } from '../async';
import { asError, CancelledError, FleetError, TimeoutError } from '../errors';
import { forEachBoard, type Outcome } from './jobs';

/**
 * What a roll-out does on one board. The caller provides the steps, so any content can be rolled
 * out over any link.
 */
export interface RolloutSteps<B> {
  /** Keeps a copy of what will be replaced, then puts the new content in place. */
  apply(board: B, signal: AbortSignal): Promise<void>;
  /**
   * Returns whether the board is healthy with the new content. False and an error both mean "not yet",
   * until the time limit.
   */
  healthy(board: B, signal: AbortSignal): Promise<boolean>;
  /** Restores the copy. Also called if `apply` failed half-way. */
  rollBack(board: B, signal: AbortSignal): Promise<void>;
  /** Deletes the copy once all is well. */
  settle(board: B, signal: AbortSignal): Promise<void>;
}

/** The waves of a roll-out, and when it stops. */
export interface RolloutPlan {
  /** Boards in the first wave; default 1. */
  readonly canaries?: number;
  /** Cumulative fraction of all boards after each later wave, rising to 1: `[0.1, 0.5, 1]`. */
  readonly waves?: readonly number[];
  /** Milliseconds within which a board must become healthy. */
  readonly healthMs: number;
  /** Boards per wave that may fail before the roll-out stops; default 0. */
  readonly tolerated?: number;
  /**
   * Fraction of all boards that may fail before the roll-out stops, even within a wave. It replaces
   * `tolerated`.
   */
  readonly mostFailed?: number;
  /**
   * When the roll-out stops, healthy boards keep the new content. For content that can revert on
   * its own, such as the two copies of the agent: nothing is rolled back.
   */
  readonly keeps?: boolean;
  readonly concurrency?: number;
  /** Time limit in milliseconds for applying the new content to one board. */
  readonly timeoutMs?: number;
}

export type RolloutStep =
  'waiting' | 'applying' | 'checking' | 'well' | 'failed' | 'rollingBack' | 'rolledBack' | 'stuck';

/** The state of one board in a roll-out. */
export interface RolloutRow<B> {
  readonly board: B;
  /** Wave number; 0 is the canaries. */
  readonly wave: number;
  readonly step: RolloutStep;
  readonly error?: Error;
  /** Milliseconds left to become healthy, while its health is being checked. */
  readonly leftMs?: number;
}

/** `stopped`: too many boards failed; healthy ones keep the new content. */
export type RolloutEnd = 'done' | 'rolledBack' | 'cancelled' | 'stopped';

/** Pause in milliseconds between two health checks of one board. */
const HEALTH_PAUSE_MS = 1_000;

/** Splits the boards into waves: the canaries, then the boards added by each fraction. */
export function wavesOf<B>(
  boards: readonly B[],
  plan: Pick<RolloutPlan, 'canaries' | 'waves'>,
): B[][] {
  const canaries = Math.max(1, Math.min(plan.canaries ?? 1, boards.length));
  const ends = [
    canaries,
    // 7 % of 100 is 7.000000000000001 in floating point, which is not eight boards.
    ...(plan.waves ?? []).map((part) => Math.ceil(part * boards.length - 1e-9)),
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
 * Rolls out new content to many boards in waves, canaries first. Each wave starts only when the
 * previous one is healthy. If a wave fails or the user stops the roll-out, every changed board gets
 * its old content back.
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

  /** Runs to the end. Never rejects; the rows show the outcome of each board. */
  async run(signal: AbortSignal): Promise<RolloutEnd> {
    const { keeps = false, mostFailed, tolerated = 0 } = this.plan;
    for (const wave of this.#waves) {
      const failures = await this.#wave(wave, signal);
      if (signal.aborted) return keeps ? 'cancelled' : this.#undo('cancelled');
      const isTooMany = mostFailed === undefined ? failures > tolerated : this.#failedTooOften();
      if (isTooMany) return keeps ? 'stopped' : this.#undo('rolledBack');
    }
    if (keeps) return 'done';
    const well = this.#boards('well');
    await this.#each(well, this.steps.settle.bind(this.steps), new AbortController().signal);
    // Even if the failure is tolerated, a failed board must not keep half of the new content.
    await this.#rollBack(this.#boards('failed'));
    return 'done';
  }

  /** Applies and checks one wave; returns the number of unhealthy boards. */
  async #wave(wave: readonly B[], signal: AbortSignal): Promise<number> {
    const outcomes = await this.#each(
      wave,
      async (board, own) => {
        if (this.#failedTooOften()) return; // the board keeps waiting
        this.#set(board, 'applying');
        await this.steps.apply(board, own);
        await this.#waitUntilHealthy(board, own);
      },
      signal,
      (outcome) => this.#ended(outcome),
    );
    return outcomes.filter((o) => o.status !== 'ok').length;
  }

  /**
   * Reports a board's row as soon as it has ended: the boards of a wave do not wait for each other.
   */
  #ended(outcome: Outcome<B, void>): void {
    if (this.#row(outcome.board)?.step === 'waiting') return;
    if (outcome.status === 'ok') this.#set(outcome.board, 'well');
    else this.#set(outcome.board, 'failed', errorOf(outcome));
  }

  /** Returns whether too many boards failed for a limit on all of them. */
  #failedTooOften(): boolean {
    const { mostFailed } = this.plan;
    if (mostFailed === undefined) return false;
    return this.#boards('failed').length > mostFailed * this.rows.length + 1e-9;
  }

  async #waitUntilHealthy(board: B, signal: AbortSignal): Promise<void> {
    const end = this.#clock.now() + this.plan.healthMs;
    let last: unknown;
    for (;;) {
      this.#set(board, 'checking', undefined, Math.max(0, end - this.#clock.now()));
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

  /**
   * Rolls boards back. Cannot be cancelled: a board with half of the new content is worse than
   * either state.
   */
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
    onEnded: (outcome: Outcome<B, void>) => void = () => undefined,
  ): Promise<Outcome<B, void>[]> {
    const { concurrency, timeoutMs } = this.plan;
    const limit = timeoutMs === undefined ? undefined : timeoutMs + this.plan.healthMs;
    return forEachBoard(boards, work, {
      concurrency,
      timeoutMs: limit,
      signal,
      clock: this.#clock,
      onProgress: (p) => {
        if (p.status !== 'running') onEnded(p);
      },
    });
  }

  #boards(step: RolloutStep): B[] {
    return this.rows.filter((r) => r.step === step).map((r) => r.board);
  }

  #row(board: B): RolloutRow<B> | undefined {
    return this.rows.find((r) => r.board === board);
  }

  #set(board: B, step: RolloutStep, error?: Error, leftMs?: number): void {
    const at = this.rows.findIndex((r) => r.board === board);
    const old = this.rows[at];
    if (!old) return;
    const row: RolloutRow<B> = {
      board,
      wave: old.wave,
      step,
      ...(error && { error }),
      ...(leftMs !== undefined && { leftMs }),
    };
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
      ? l10n.t('The health check stayed false')
      : l10n.t('The health check failed: {0}', asError(last).message),
    {
      hint: l10n.t("Check this board's log; its previous files were restored."),
      cause: last,
    },
  );
}
