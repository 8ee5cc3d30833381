import { setMaxListeners } from 'node:events';
import type { Board, ManyStopAnswer, StopPolicies } from '../board';
import { isStartFile } from '../files';
import {
  type ActionServices,
  auditAction,
  describeAction,
  runAction,
  type FleetAction,
} from './fleetActions';
import type { GroupPublisher } from './groupPublisher';
import { forEachBoard, type Outcome } from './jobs';
import { hasNoSuchPlace, JobPublication } from './jobPublication';
import type { ManyJob } from './manyJob';
import { resultOf, type BoardResult } from './results';
import type { Kept } from '../sync';
import { Emitter } from '../events';

/** Services that a job on many boards needs. */
export interface FleetJobServices extends ActionServices {
  readonly stopPolicies: StopPolicies;
  /** Sends the same files to many boards at once; undefined until a broker is used. */
  readonly publisher?: GroupPublisher;
}

/**
 * `concurrency`: boards at the same time. `timeoutMs`: milliseconds for one board. `programs`: what
 * happens to running programs.
 */
export interface FleetJobOptions {
  readonly concurrency?: number;
  readonly timeoutMs?: number;
  readonly programs: ManyStopAnswer;
}

/** Characters of output kept per board. */
const OUTPUT_LIMIT = 1_000_000;

/** One running action on many boards: the results view shows it, and "Retry Failed" restarts it. */
export class FleetJob implements ManyJob {
  readonly title: string;
  readonly auditTitle: string;
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
    this.auditTitle = auditAction(action);
    for (const board of boards) this.#results.set(board, waiting(board));
  }

  get results(): readonly BoardResult[] {
    return this.boards.map((b) => this.#results.get(b) ?? waiting(b));
  }

  get running(): boolean {
    return this.#running;
  }

  /** Runs on all boards, or on `boards` again. Never rejects; see the results. */
  async run(
    boards: readonly Board[] = this.boards,
    signal?: AbortSignal,
  ): Promise<readonly BoardResult[]> {
    this.#running = true;
    // Every board's job listens to this signal.
    setMaxListeners(0, this.#cancel.signal, ...(signal ? [signal] : []));
    const own = signal ? AbortSignal.any([signal, this.#cancel.signal]) : this.#cancel.signal;
    setMaxListeners(0, own);
    for (const board of boards) this.#set(board, waiting(board));
    try {
      const rest = await this.#publish(boards, own);
      const publication = new JobPublication(this.services.publisher, rest, own);
      await forEachBoard(rest, (board, one) => this.#one(board, one, publication), {
        concurrency: this.options.concurrency,
        timeoutMs: this.options.timeoutMs,
        signal: own,
        onProgress: (p) => {
          if (p.status === 'running')
            this.#set(p.board, { ...waiting(p.board), status: 'running', since: Date.now() });
          else this.#ended(p);
        },
      });
    } finally {
      this.#running = false;
    }
    return this.results;
  }

  /** The boards without a successful result. */
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

  #one(board: Board, signal: AbortSignal, publication: JobPublication): Promise<void> {
    const print = (text: string) => {
      const old = this.#results.get(board) ?? waiting(board);
      if (text === '' || old.output.length > OUTPUT_LIMIT) return;
      this.#set(board, { ...old, output: bounded(old.output + text) });
    };
    const progress = (done: number, total: number) => {
      const old = this.#results.get(board) ?? waiting(board);
      if (total > 0) this.#set(board, { ...old, progress: Math.min(1, done / total) });
    };
    const publish = (path: string, content: Uint8Array) => publication.write(board, path, content);
    return this.services.stopPolicies.during(board, this.options.programs, () =>
      runAction(board, this.action, { signal, print, progress, publish }, this.services),
    );
  }

  /**
   * Publishes to the boards that share a broker, and returns those to be served one by one. That is
   * all of them if a file differs between boards (its lines start the agent, or it is compiled), or
   * if folders must be created.
   */
  async #publish(boards: readonly Board[], signal: AbortSignal): Promise<readonly Board[]> {
    const { action } = this;
    if (action.kind !== 'upload' || action.files.some((f) => isStartFile(f.path))) return boards;
    if (action.emptyFolders?.length || this.services.upload?.compiles) return boards;
    const groups = this.services.publisher?.together(boards).filter((g) => g.length > 1) ?? [];
    const refused = await Promise.all(groups.map((group) => this.#publishTo(group, signal)));
    const served = new Set(groups.flat());
    for (const board of refused.flat()) served.delete(board);
    return boards.filter((b) => !served.has(b));
  }

  /**
   * Keeps copies of what the files replace, then publishes one file after the other to the boards that lack it; a board that
   * missed one is not sent the next. Returns the boards whose files are in another place, because a publication names one path
   * for all.
   */
  async #publishTo(group: readonly Board[], signal: AbortSignal): Promise<readonly Board[]> {
    const { publisher } = this.services;
    if (this.action.kind !== 'upload' || !publisher) return group;
    const elsewhere: Board[] = [];
    const running = { status: 'running', since: Date.now() } as const;
    for (const board of group) this.#set(board, { ...waiting(board), ...running });
    const { files } = this.action;
    let left = group;
    let ms = 0;
    let sent = 0;
    /** Goes on with the boards without a failure. */
    const note = (outcomes: readonly Outcome<Board, unknown>[]) => {
      ms += Math.max(0, ...outcomes.map((o) => o.ms));
      const bad = outcomes.filter((o) => o.status !== 'ok');
      for (const outcome of bad) {
        if (outcome.status === 'failed' && hasNoSuchPlace(outcome.error))
          elsewhere.push(outcome.board);
        else this.#ended({ ...outcome, ms });
      }
      left = left.filter((board) => !bad.some((outcome) => outcome.board === board));
    };
    const kept = new Map<Board, Kept>();
    const { upload } = this.services;
    const { concurrency } = this.options;
    const eachLeft = async (work: (board: Board, one: AbortSignal) => Promise<void>) => {
      note(await forEachBoard(left, work, { concurrency, signal }));
    };
    // A publication replaces a file on all boards, so all copies are kept before the first one.
    if (upload?.keep) {
      const { keep } = upload;
      await eachLeft(async (board, one) => void kept.set(board, await keep(board, files, one)));
    }
    for (const file of files) {
      const lacking = left.filter((board) => kept.get(board)?.changed.includes(file) ?? true);
      if (lacking.length > 0)
        note(await publisher.publish(lacking, file.path, file.content, { signal }));
      const progress = ++sent / files.length;
      for (const board of left) this.#set(board, { ...waiting(board), ...running, progress });
    }
    await eachLeft(async (board) => kept.get(board)?.written());
    if (left.length === 0) return elsewhere;
    await upload?.uploaded(left, files);
    for (const board of left) this.#ended({ board, status: 'ok', value: undefined, ms });
    return elsewhere;
  }

  #ended(outcome: Outcome<Board, unknown>): void {
    const { board } = outcome;
    const output = this.#results.get(board)?.output ?? '';
    const result = resultOf(outcome, { board: board.name, id: board.id }, output);
    // The user chose not to touch boards with a running program, which is not a failure.
    const isSkipped = this.options.programs === 'leave' && result.error?.code === 'programRunning';
    this.#set(board, isSkipped ? { ...result, status: 'cancelled', untouched: 'skipped' } : result);
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
