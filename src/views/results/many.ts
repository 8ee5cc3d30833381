import * as vscode from 'vscode';
import type { Board } from '../../core/board/board';
import { asError } from '../../core/errors';
import { DisposableStore, type Disposable } from '../../core/events';
import type { Fleet } from '../../core/board/fleet';
import type { GroupPublisher } from '../../core/broker/groupPublisher';
import { JobHistory } from '../../core/many/jobHistory';
import { PendingJobs, type PendingJob, type PendingStore } from '../../core/many/pendingJobs';
import { PendingReturns } from '../../core/many/pendingReturns';
import { selectableBoard, type SelectableBoard } from '../../core/many/selectableBoard';
import { selectBoards, type Selection } from '../../core/many/selector';
import { StopPolicies } from '../../core/board/stopPolicy';
import { Telemetry } from '../../core/many/telemetry';
import { tellBriefly } from '../brief';
import type { Settings } from '../settings';
import { Answers } from './answers';
import { FleetJobs } from './fleetJobs';

export interface ManyOptions {
  readonly extension: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly settings: Settings;
  readonly fleet: Fleet;
  readonly stopPolicies: StopPolicies;
  /** Sends a file for many boards over a broker once. */
  readonly publisher: GroupPublisher;
}

/** Everything that works on many boards at once: jobs and their results, jobs that wait, groups, measurements. */
export class Many implements Disposable {
  readonly #lifetime = new DisposableStore();
  readonly #measured = new WeakMap<Board, Board['info']>();
  /** The user is being told of a waiting job that failed. */
  #telling = false;
  readonly history: JobHistory;
  readonly jobs: FleetJobs;
  readonly pending: PendingJobs;
  readonly telemetry = new Telemetry();
  readonly answers = this.#lifetime.add(new Answers());

  get publisher(): GroupPublisher {
    return this.options.publisher;
  }

  constructor(private readonly options: ManyOptions) {
    const { extension, log, settings, stopPolicies } = options;
    const folder = extension.globalStorageUri;
    this.history = new JobHistory(vscode.Uri.joinPath(folder, 'history.jsonl').fsPath);
    this.jobs = this.#lifetime.add(
      new FleetJobs({
        log,
        stopPolicies,
        history: this.history,
        publisher: () => this.publisher,
        concurrency: () => settings.get('fleet.concurrency'),
        timeoutSeconds: () => settings.get('fleet.timeout'),
      }),
    );
    this.pending = this.#lifetime.add(
      new PendingJobs(
        pendingFile(vscode.Uri.joinPath(folder, 'pending.json')),
        (job) => this.#perform(job),
        (error, job) => this.#pendingFailed(error, job),
      ),
    );
  }

  /** What a board tells of its memory and flash whenever it is asked is a measurement too. */
  #measure(board: Board): void {
    const { uid, info } = board;
    if (uid === undefined || !info || this.#measured.get(board) === info) return;
    this.#measured.set(board, info);
    if (!info.memory && !info.flash) return;
    this.telemetry.add(uid, {
      at: Date.now(),
      ...(info.memory ? { memoryFree: info.memory.free } : {}),
      ...(info.flash ? { flashFree: info.flash.free } : {}),
    });
  }

  /** Reads the waiting jobs and begins to watch for their boards. Not at activation: nobody waits for it. */
  start(): void {
    const { fleet, log } = this.options;
    this.#lifetime.add(fleet.onDidChangeBoard((board) => this.#measure(board)));
    this.pending.load().then(
      () => this.#lifetime.add(new PendingReturns(fleet, this.pending)),
      (error: unknown) => log.error(`Waiting jobs cannot be read: ${asError(error).message}`),
    );
  }

  /** All boards, as selectors and filters see them. */
  selectable(): SelectableBoard[] {
    const { fleet } = this.options;
    return fleet.boards.map((b) => selectableBoard(b, fleet.tagsOf(b)));
  }

  /** @throws UsageError when the selector cannot be read */
  select(selector: string): Selection<SelectableBoard> {
    return selectBoards(selector, this.selectable(), this.options.settings.get('groups'));
  }

  dispose(): void {
    this.#lifetime.dispose();
  }

  /** Said once at a time: many boards may come back at once, and the Results view has them all. */
  #pendingFailed(error: Error, job: PendingJob | undefined): void {
    this.options.log.warn(`${job?.what ?? 'A waiting job'}: ${error.message}`);
    if (!job || this.#telling) return;
    this.#telling = true;
    const show = vscode.l10n.t('Show Results');
    const text = vscode.l10n.t(
      '{0} is back, but this failed there: {1}. {2}. It is tried again when the board comes back the next time.',
      job.board,
      job.what,
      error.message,
    );
    const told = vscode.window.showWarningMessage(text, show);
    void told.then(async (answer) => {
      this.#telling = false;
      if (answer === show) await vscode.commands.executeCommand('mpyFleet.results.focus');
    });
  }

  async #perform(job: PendingJob): Promise<void> {
    const board = this.options.fleet.byUid(job.uid);
    if (!board) throw new Error(`${job.board} is not in the tree`);
    const done = await this.jobs.run(job.action, [board], 'leave', { place: 'aside' });
    const [result] = done.results;
    if (result?.status === 'ok') {
      tellBriefly(vscode.l10n.t('$(check) {0} is back: {1}', board.name, job.what));
      return;
    }
    throw new Error(result?.error?.message ?? vscode.l10n.t('It was called off'));
  }
}

function pendingFile(uri: vscode.Uri): PendingStore {
  return {
    load: async () => {
      try {
        return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
      } catch (error) {
        if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound')
          return undefined;
        throw error;
      }
    },
    save: async (json) => {
      await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(json));
    },
  };
}
