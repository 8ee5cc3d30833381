import * as l10n from '@vscode/l10n';
import type { Board, ManyStopAnswer, StopPolicies } from '../board';
import { CancelledError } from '../errors';
import { Emitter } from '../events';
import type { ManyJob } from './manyJob';
import { resultError, type BoardResult, type ResultError, type ResultStatus } from './results';
import {
  Rollout,
  type RolloutEnd,
  type RolloutPlan,
  type RolloutRow,
  type RolloutSteps,
  type RolloutStep,
} from './rollout';

const STATUS: Readonly<Record<RolloutStep, ResultStatus>> = {
  waiting: 'waiting',
  applying: 'running',
  checking: 'running',
  rollingBack: 'running',
  well: 'ok',
  failed: 'failed',
  rolledBack: 'cancelled',
  stuck: 'failed',
};

/** A roll-out on boards, as the results view shows it. */
export class RolloutJob implements ManyJob {
  /**
   * A retry would reach only some of the boards after a roll-back; start a new roll-out instead.
   */
  readonly canRetry = false;
  readonly startedAt = new Date();
  readonly #changed = new Emitter<Board>();
  readonly onDidChange = this.#changed.event;
  readonly #cancel = new AbortController();
  readonly #rollout: Rollout<Board>;
  #running = false;
  #end: RolloutEnd | undefined;

  constructor(
    readonly title: string,
    private readonly boards: readonly Board[],
    steps: RolloutSteps<Board>,
    plan: RolloutPlan,
    stop: { policies: StopPolicies; programs: ManyStopAnswer },
    private readonly words: RolloutWords = FILE_WORDS,
  ) {
    const held = (work: (board: Board, signal: AbortSignal) => Promise<void>) => {
      return (board: Board, signal: AbortSignal) =>
        stop.policies.during(board, stop.programs, () => work(board, signal));
    };
    this.#rollout = new Rollout(
      boards,
      {
        apply: held((b, s) => steps.apply(b, s)),
        healthy: (b, s) => stop.policies.during(b, stop.programs, () => steps.healthy(b, s)),
        rollBack: held((b, s) => steps.rollBack(b, s)),
        settle: held((b, s) => steps.settle(b, s)),
      },
      plan,
      (row) => this.#changed.fire(row.board),
    );
  }

  get auditTitle(): string {
    return this.title;
  }

  get running(): boolean {
    return this.#running;
  }

  /** The end result; undefined while it runs. */
  get end(): RolloutEnd | undefined {
    return this.#end;
  }

  get results(): readonly BoardResult[] {
    return this.#rollout.rows.map((row) => this.#resultOf(row));
  }

  async run(): Promise<RolloutEnd> {
    this.#running = true;
    try {
      this.#end = await this.#rollout.run(this.#cancel.signal);
      return this.#end;
    } finally {
      this.#running = false;
      const [first] = this.boards;
      if (first) this.#changed.fire(first);
    }
  }

  /** Stops after the current step and restores the boards' old files. */
  cancel(): void {
    this.#cancel.abort();
  }

  dispose(): void {
    this.cancel();
    this.#changed.dispose();
  }

  #resultOf(row: RolloutRow<Board>): BoardResult {
    const { board, step, error } = row;
    const told = {
      board: board.name,
      id: board.id,
      ...(error ? { error: this.#errorIn(error, step) } : {}),
    };
    if (this.#end !== undefined && step === 'waiting') {
      return {
        ...told,
        status: 'cancelled',
        untouched: 'notReached',
        output: `${this.words.notReached()}\n`,
      };
    }
    const ill = error !== undefined && !(error instanceof CancelledError);
    // Healthy boards end up in one group, whatever their wave.
    const inWave = row.wave === 0 ? l10n.t('canary') : l10n.t('wave {0}', row.wave);
    const wave = step === 'well' ? '' : `${inWave}: `;
    const seconds = Math.ceil((row.leftMs ?? 0) / 1000);
    const left = row.leftMs === undefined ? '' : `, ${l10n.t('{0} s left', seconds)}`;
    return {
      ...told,
      status: ill ? 'failed' : STATUS[step],
      output: `${wave}${this.words[step]()}${left}\n`,
    };
  }

  /** Adds which files a board that failed has now, as the error replaces its output. */
  #errorIn(error: Error, step: RolloutStep): ResultError {
    const result = resultError(error);
    if (step !== 'rollingBack' && step !== 'rolledBack' && step !== 'stuck') return result;
    return { ...result, message: `${result.message}; ${this.words[step]()}` };
  }
}

/** How the results name the steps. */
export type RolloutWords = Readonly<Record<RolloutStep | 'notReached', () => string>>;

/** For roll-outs of files, which are taken back on failure. */
export const FILE_WORDS: RolloutWords = {
  waiting: () => l10n.t('waiting'),
  applying: () => l10n.t('uploading'),
  checking: () => l10n.t('checking health'),
  well: () => l10n.t('healthy'),
  failed: () => l10n.t('failed'),
  rollingBack: () => l10n.t('putting the old files back'),
  rolledBack: () => l10n.t('has its old files back'),
  stuck: () => l10n.t('the old files could not be put back'),
  notReached: () => l10n.t('not reached: it has its old files'),
};

/** For updates that boards confirm themselves; nothing is rolled back there. */
export const AIR_WORDS: RolloutWords = {
  ...FILE_WORDS,
  applying: () => l10n.t('updating'),
  checking: () => l10n.t('updating'),
  well: () => l10n.t('updated and confirmed'),
  notReached: () => l10n.t('not reached: it was not changed'),
};
