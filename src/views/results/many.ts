import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Operations } from '../../core/audit/operations';
import { type Board, type Fleet, StopPolicies } from '../../core/board';
import { asError } from '../../core/errors';
import { DisposableStore, type Disposable } from '../../core/events';
import {
  type FleetAction,
  type GroupPublisher,
  healthOf,
  type Issue,
  moveOldJobs,
  PendingFolder,
  type PendingJob,
  PendingJobs,
  PendingReturns,
  selectableBoard,
  type SelectableBoard,
  selectBoards,
  type Selection,
  Telemetry,
  type UploadServices,
} from '../../core/many';
import { stateFolder } from '../../core/packages';
import type { TelemetryEntry } from '../../core/store';
import type { Settings } from '../settings';
import { Answers } from './answers';
import { FleetJobs, type FleetJobsServices } from './fleetJobs';
import { showWarningMessage, tellBriefly } from '../message';

export interface ManyOptions {
  readonly extension: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly settings: Settings;
  readonly fleet: Fleet;
  readonly stopPolicies: StopPolicies;
  /** Sends a file to many boards at once through a broker. */
  readonly publisher: GroupPublisher;
  readonly upload: UploadServices;
  readonly updateAgent: FleetJobsServices['updateAgent'];
  readonly updateFirmware: FleetJobsServices['updateFirmware'];
  readonly deployApp: FleetJobsServices['deployApp'];
  readonly operations: Operations;
  /** Boards that the user does not want to see: no selector finds them. */
  isIgnored(board: Board): boolean;
  /** Called when code ran on a board or it was reset: its files may have changed. */
  ran(board: Board): void;
  /** Stores a board's report of its memory and flash in the history. */
  measured(entry: TelemetryEntry): void;
}

/** Everything that works on many boards: jobs and results, waiting jobs, groups, measurements. */
export class Many implements Disposable {
  readonly #lifetime = new DisposableStore();
  /** Shared with other windows and `mpyfleet watch`. */
  readonly #waiting = new PendingFolder(join(stateFolder(process.env), 'waiting'));
  readonly #measured = new WeakMap<Board, Board['info']>();
  /** A message about a failed waiting job is open. */
  #telling = false;
  readonly jobs: FleetJobs;
  readonly pending: PendingJobs;
  readonly telemetry = new Telemetry();
  readonly answers = this.#lifetime.add(new Answers());

  constructor(private readonly options: ManyOptions) {
    const { settings, stopPolicies } = options;
    this.jobs = this.#lifetime.add(
      new FleetJobs({
        stopPolicies,
        upload: options.upload,
        updateAgent: options.updateAgent,
        updateFirmware: options.updateFirmware,
        deployApp: options.deployApp,
        operations: options.operations,
        uidOf: (id) => options.fleet.byId(id)?.uid,
        ran: (id) => {
          const board = options.fleet.byId(id);
          if (board) options.ran(board);
        },
        publisher: () => this.options.publisher,
        concurrency: () => settings.get('fleet.concurrency'),
        timeoutSeconds: () => settings.get('fleet.timeout'),
      }),
    );
    this.pending = this.#lifetime.add(
      new PendingJobs(
        this.#waiting,
        (job) => this.#perform(job),
        (error, job) => this.#pendingFailed(error, job),
      ),
    );
  }

  /** Stores memory and flash as measurements: a board reports them whenever it is asked. */
  #measure(board: Board): void {
    const { uid, info } = board;
    if (uid === undefined || !info || this.#measured.get(board) === info) return;
    this.#measured.set(board, info);
    if (!info.memory && !info.flash) return;
    const at = Date.now();
    const values = {
      ...(info.memory ? { memoryFree: info.memory.free } : {}),
      ...(info.flash ? { flashFree: info.flash.free } : {}),
    };
    this.telemetry.add(uid, { at, ...values });
    this.options.measured({ uid, at, values });
  }

  /**
   * Loads the waiting jobs and watches for their boards. Not called at activation, because nothing
   * depends on it.
   */
  start(): void {
    const { fleet, log } = this.options;
    this.#lifetime.add(fleet.onDidChangeBoard((board) => this.#measure(board)));
    const old = vscode.Uri.joinPath(this.options.extension.globalStorageUri, 'pending.json').fsPath;
    const loaded = moveOldJobs(old, this.#waiting).then(() => this.pending.load());
    loaded.then(
      () => this.#lifetime.add(new PendingReturns(fleet, this.pending)),
      (error: unknown) => log.error(`Waiting jobs cannot be read: ${asError(error).message}`),
    );
  }

  /** Stores an action for a board that is away. */
  async later(board: Board, action: FleetAction): Promise<void> {
    const compile = action.kind === 'upload' && this.options.upload.compiles;
    const waiting = compile ? { ...action, compile } : action;
    await this.pending.add(board.uid ?? '', board.name, waiting);
  }

  /** Returns the marks of a board that needs attention. */
  healthOf(board: Board): Issue[] {
    const samples = board.uid === undefined ? [] : this.telemetry.of(board.uid);
    return healthOf(board, { samples, now: Date.now() });
  }

  /** Returns all boards except ignored ones, as selectors and filters use them. */
  selectable(): SelectableBoard[] {
    const { fleet } = this.options;
    const shown = fleet.boards.filter((b) => !this.options.isIgnored(b));
    return shown.map((b) => {
      const marks = this.healthOf(b).map((issue) => issue.mark);
      return selectableBoard(fleet, b, marks);
    });
  }

  /** Resolves a selector to boards. @throws UsageError if the selector is invalid */
  select(selector: string): Selection<SelectableBoard> {
    return selectBoards(selector, this.selectable(), this.options.settings.get('groups'));
  }

  dispose(): void {
    this.#lifetime.dispose();
  }

  /**
   * Shows one message at a time: many boards may come back together, and the Results view lists
   * them all.
   */
  #pendingFailed(error: Error, job: PendingJob | undefined): void {
    this.options.log.warn(`${job?.what ?? 'A waiting job'}: ${error.message}`);
    if (!job || this.#telling) return;
    this.#telling = true;
    const show = vscode.l10n.t('Show Results');
    const text = vscode.l10n.t(
      '{0} is back, but this failed there: {1}. {2}. It will be retried the next time the board comes back.',
      job.board,
      job.what,
      error.message,
    );
    const told = showWarningMessage(text, show);
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
      tellBriefly(vscode.l10n.t('{0} is back: {1}', board.name, job.what), 'check');
      return;
    }
    throw new Error(result?.error?.message ?? vscode.l10n.t('It was cancelled'));
  }
}
