import { setMaxListeners } from 'node:events';
import type { Board } from '../board/board';
import { isStartFile } from '../files/startLines';
import { describeAction, runAction, type FleetAction } from './fleetActions';
import type { GroupPublisher } from '../broker/groupPublisher';
import { forEachBoard, type Outcome } from './jobs';
import type { ManyJob } from './manyJob';
import { resultOf, type BoardResult } from './results';
import { Emitter } from '../events';
import type { ManyStopAnswer, StopPolicies } from '../board/stopPolicy';

/** What running a job on many boards needs from the house. */
export interface FleetJobServices {
  readonly stopPolicies: StopPolicies;
  /** Where the same files go to many boards at once; undefined until a broker is in use. */
  readonly publisher?: GroupPublisher;
}

export interface FleetJobOptions {
  readonly concurrency?: number;
  readonly timeoutMs?: number;
  readonly programs: ManyStopAnswer;
}

/** Output kept for one board. */
const OUTPUT_LIMIT = 1_000_000;

/** One action on many boards, as it runs: what the results view shows and "Retry Failed" begins again. */
export class FleetJob implements ManyJob {
  readonly title: string;
  readonly canRetry = true;
  readonly startedAt = new Date();
  readonly #results = new Map<Board, BoardResult>();
  readonly #changed = new Emitter<Board>();
  /** One board's row has changed. */
  readonly onDidChange = this.#changed.event;
  readonly #cancel = new AbortController();
  #running = false;

  constructor(
    readonly action: FleetAction,
    readonly boards: readonly Board[],
    private readonly services: FleetJobServices,
    private readonly options: FleetJobOptions,
  ) {
    this.title = describeAction(action);
    for (const board of boards) this.#results.set(board, waiting(board));
  }

  get results(): readonly BoardResult[] {
    return this.boards.map((b) => this.#results.get(b) ?? waiting(b));
  }

  get running(): boolean {
    return this.#running;
  }

  /** Runs on all boards, or on `boards` again. Never rejects; the results tell. */
  async run(
    boards: readonly Board[] = this.boards,
    signal?: AbortSignal,
  ): Promise<readonly BoardResult[]> {
    this.#running = true;
    // Each board's work listens to it.
    setMaxListeners(0, this.#cancel.signal, ...(signal ? [signal] : []));
    const own = signal ? AbortSignal.any([signal, this.#cancel.signal]) : this.#cancel.signal;
    setMaxListeners(0, own);
    for (const board of boards) this.#set(board, waiting(board));
    try {
      const rest = await this.#publish(boards, own);
      await forEachBoard(rest, (board, one) => this.#one(board, one), {
        concurrency: this.options.concurrency,
        timeoutMs: this.options.timeoutMs,
        signal: own,
        onProgress: (p) => {
          if (p.status === 'running')
            this.#set(p.board, { ...waiting(p.board), status: 'running' });
          else this.#ended(p);
        },
      });
    } finally {
      this.#running = false;
    }
    return this.results;
  }

  /** The boards that have not answered well. */
  get unfinished(): Board[] {
    return this.boards.filter((b) => this.#results.get(b)?.status !== 'ok');
  }

  cancel(): void {
    this.#cancel.abort();
  }

  dispose(): void {
    this.cancel();
    this.#changed.dispose();
  }

  #one(board: Board, signal: AbortSignal): Promise<void> {
    const print = (text: string) => {
      const old = this.#results.get(board) ?? waiting(board);
      if (text === '' || old.output.length > OUTPUT_LIMIT) return;
      this.#set(board, { ...old, output: bounded(old.output + text) });
    };
    return this.services.stopPolicies.during(board, this.options.programs, () =>
      runAction(board, this.action, { signal, print }),
    );
  }

  /**
   * Publishes to the boards that share a broker; gives those that are to be served one by one: all, where a file is not the
   * same on each, since lines in it start the board's agent.
   */
  async #publish(boards: readonly Board[], signal: AbortSignal): Promise<readonly Board[]> {
    const { action } = this;
    if (action.kind !== 'upload' || action.files.some((f) => isStartFile(f.path))) return boards;
    const groups = this.services.publisher?.together(boards).filter((g) => g.length > 1) ?? [];
    await Promise.all(groups.map((group) => this.#publishTo(group, signal)));
    const served = new Set(groups.flat());
    return boards.filter((b) => !served.has(b));
  }

  /** One file after the other; a board that did not get one is not sent the next. */
  async #publishTo(group: readonly Board[], signal: AbortSignal): Promise<void> {
    const { publisher } = this.services;
    if (this.action.kind !== 'upload' || !publisher) return;
    for (const board of group) this.#set(board, { ...waiting(board), status: 'running' });
    let left = group;
    let ms = 0;
    for (const { path, content } of this.action.files) {
      const outcomes = await publisher.publish(left, path, content, { signal });
      ms += Math.max(0, ...outcomes.map((o) => o.ms));
      for (const outcome of outcomes) {
        if (outcome.status !== 'ok') this.#ended({ ...outcome, ms });
      }
      left = outcomes.filter((o) => o.status === 'ok').map((o) => o.board);
      if (left.length === 0) return;
    }
    for (const board of left) this.#ended({ board, status: 'ok', value: undefined, ms });
  }

  #ended(outcome: Outcome<Board, void>): void {
    const { board } = outcome;
    const output = this.#results.get(board)?.output ?? '';
    this.#set(board, resultOf(outcome, { board: board.name, id: board.id }, output));
  }

  #set(board: Board, result: BoardResult): void {
    this.#results.set(board, result);
    this.#changed.fire(board);
  }
}

function waiting(board: Board): BoardResult {
  return { board: board.name, id: board.id, status: 'waiting', output: '' };
}

function bounded(text: string): string {
  return text.length <= OUTPUT_LIMIT
    ? text
    : `${text.slice(0, OUTPUT_LIMIT)}\n[more was printed than is kept]\n`;
}
