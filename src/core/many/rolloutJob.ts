import type { Board } from '../board/board';
import { CancelledError } from '../errors';
import { Emitter } from '../events';
import type { ManyJob } from './manyJob';
import { resultError, type BoardResult, type ResultStatus } from './results';
import {
  Rollout,
  type RolloutEnd,
  type RolloutPlan,
  type RolloutRow,
  type RolloutStep,
} from './rollout';
import { FileRolloutSteps, type FileRollout } from './rolloutFiles';
import type { ManyStopAnswer, StopPolicies } from '../board/stopPolicy';

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

/** A roll-out of files on boards, as the results view shows it. */
export class RolloutJob implements ManyJob {
  /** It is begun anew: what was rolled back must not be brought to a part of the boards. */
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
    what: FileRollout,
    plan: RolloutPlan,
    stop: { policies: StopPolicies; programs: ManyStopAnswer },
  ) {
    const steps = new FileRolloutSteps(what);
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

  get running(): boolean {
    return this.#running;
  }

  /** How it ended; undefined while it runs. */
  get end(): RolloutEnd | undefined {
    return this.#end;
  }

  get results(): readonly BoardResult[] {
    return this.#rollout.rows.map((row) => resultOfRow(row, this.#end !== undefined));
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

  /** Stops after what is being done, and puts back what the boards had. */
  cancel(): void {
    this.#cancel.abort();
  }

  dispose(): void {
    this.cancel();
    this.#changed.dispose();
  }
}

function resultOfRow(row: RolloutRow<Board>, ended: boolean): BoardResult {
  const { board, step, error } = row;
  const told = { board: board.name, id: board.id, ...(error ? { error: resultError(error) } : {}) };
  if (ended && step === 'waiting') {
    return { ...told, status: 'cancelled', output: 'not reached: it has its old files\n' };
  }
  const ill = error !== undefined && !(error instanceof CancelledError);
  // Boards that are well are one line in the end, whatever wave they were in.
  const wave = step === 'well' ? '' : row.wave === 0 ? 'canary: ' : `wave ${row.wave}: `;
  return { ...told, status: ill ? 'failed' : STATUS[step], output: `${wave}${WORDS[step]}\n` };
}

const WORDS: Readonly<Record<RolloutStep, string>> = {
  waiting: 'waiting',
  applying: 'uploading',
  checking: 'checking health',
  well: 'well',
  failed: 'failed',
  rollingBack: 'putting the old files back',
  rolledBack: 'has its old files back',
  stuck: 'the old files could not be put back',
};
