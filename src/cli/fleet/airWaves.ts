import { Deferred, throwIfAborted, awaitedLater } from '../../core/async';
import { CancelledError, UsageError } from '../../core/errors';
import {
  type AirBoard,
  type AirIo,
  airPlan,
  airSteps,
  parseWaves,
  Rollout,
  type RolloutEnd,
  type RolloutRow,
} from '../../core/many';
import type { Cli } from '../cli';
import { type CliBoard, runOnBoards } from '../board';

/** Updates one board over the air and returns a sentence about the result. */
export type AirWork = (board: AirBoard, io: AirIo) => Promise<string>;

/**
 * Updates boards in waves (--waves, --stop-at). A wave begins when every board of the previous one
 * has confirmed its update or failed. Boards that are away are updated when they connect, if --wait
 * gives them time.
 * @returns the exit status
 */
export function updateInWaves(cli: Cli, doing: string, work: AirWork): Promise<number> {
  let waves: Waves | undefined;
  return runOnBoards(cli, doing, async (board, io, boards) => {
    waves ??= new Waves(cli, boards, work);
    const ended = await waves.ended(board);
    io.say(`${ended}\n`);
    return { result: ended };
  });
}

class Waves {
  readonly #ends = new Map<CliBoard, Deferred<string>>();
  readonly #said = new Map<CliBoard, string>();
  /** Number of waves that have begun. */
  readonly #begun = new Set<number>();

  constructor(
    private readonly cli: Cli,
    boards: readonly CliBoard[],
    private readonly work: AirWork,
  ) {
    for (const board of boards) {
      const end = new Deferred<string>();
      awaitedLater(end.promise); // the list waits for the boards in their order
      this.#ends.set(board, end);
    }
    const failAll = (error: unknown) => {
      for (const end of this.#ends.values()) end.reject(error);
    };
    this.#run(boards).catch(failAll);
  }

  /**
   * Waits for the end of a board's update and returns a sentence about it.
   * @throws the reason of the failure
   */
  ended(board: CliBoard): Promise<string> {
    const end = this.#ends.get(board);
    return end ? end.promise : Promise.reject(new CancelledError());
  }

  async #run(boards: readonly CliBoard[]): Promise<void> {
    const found = await Promise.all(boards.map(async (board) => [board, await this.#air(board)]));
    const air = new Map(found as [CliBoard, AirBoard | undefined][]);
    const there = boards.filter((board) => air.get(board)?.control.birth);
    const away = boards.filter((board) => air.get(board) && !there.includes(board));
    const end = await this.#roll(there, air);
    await Promise.all(away.map((board) => this.#later(board, air.get(board), end)));
  }

  /** Returns undefined for a board without an agent, and ends its update with the reason. */
  async #air(board: CliBoard): Promise<AirBoard | undefined> {
    try {
      return await board.overTheAir();
    } catch (error) {
      this.#ends.get(board)?.reject(error);
      return undefined;
    }
  }

  async #roll(
    boards: readonly CliBoard[],
    air: ReadonlyMap<CliBoard, AirBoard | undefined>,
  ): Promise<RolloutEnd> {
    const { waves = '100%', stopAt = 0, parallel } = this.cli.options;
    const pace = {
      ...parseWaves(waves, boards.length),
      mostFailed: stopAt,
      ...(parallel === undefined ? {} : { concurrency: parallel }),
    };
    const update = async (board: CliBoard, signal: AbortSignal) => {
      const target = air.get(board);
      if (target) this.#said.set(board, await this.#one(board, target, signal));
    };
    const rollout = new Rollout(boards, airSteps(update), airPlan(pace), (row) =>
      this.#changed(row, rollout.rows),
    );
    const end = boards.length === 0 ? 'done' : await rollout.run(this.cli.signal);
    for (const { board, step } of rollout.rows) {
      if (step === 'waiting') this.#ends.get(board)?.reject(notReached(end));
    }
    return end;
  }

  #one(board: CliBoard, target: AirBoard, signal: AbortSignal): Promise<string> {
    const { verbose } = this.cli.options;
    const onStep = (words: string) => {
      if (verbose > 0 || this.#ends.size === 1) this.cli.err(`${board.name}: ${words}\n`);
    };
    return this.work(target, { signal, onStep });
  }

  #changed(
    { board, wave, step, error }: RolloutRow<CliBoard>,
    rows: readonly RolloutRow<CliBoard>[],
  ) {
    if (step === 'applying' && !this.#begun.has(wave)) {
      this.#begun.add(wave);
      const count = rows.filter((r) => r.wave === wave).length;
      if (rows.length > 1) this.cli.err(`wave ${wave + 1}: ${count} of ${rows.length} boards\n`);
    }
    if (step === 'well') this.#ends.get(board)?.resolve(this.#said.get(board) ?? '');
    if (step === 'failed') this.#ends.get(board)?.reject(error);
  }

  /** Reports a board that was away when the update began. */
  async #later(board: CliBoard, target: AirBoard | undefined, end: RolloutEnd): Promise<void> {
    const done = this.#ends.get(board);
    const { waitMs } = this.cli.options;
    try {
      if (!target) return;
      if (end !== 'done') throw notReached(end);
      if (waitMs !== undefined) await board.arrives(waitMs, this.cli.signal);
      throwIfAborted(this.cli.signal);
      if (!target.control.birth) {
        throw new UsageError(`${board.name} is away`, {
          hint: 'Give --wait SECONDS to update boards when they come.',
        });
      }
      done?.resolve(await this.#one(board, target, this.cli.signal));
    } catch (error) {
      done?.reject(error);
    }
  }
}

function notReached(end: RolloutEnd): Error {
  if (end === 'cancelled') return new CancelledError();
  return new UsageError('It was not reached, because too many boards failed', {
    hint: 'It was not changed. Check the boards that failed; --stop-at tolerates more of them.',
  });
}
