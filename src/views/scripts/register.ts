import * as vscode from 'vscode';
import { systemClock } from '../../core/async';
import type { Board } from '../../core/board';
import { asError, CancelledError, ProgramRunningError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import { sortByName } from '../../core/many';
import { isLikely } from '../activeBoard';
import { Coalescer } from '../coalesce';
import type { Needs } from '../context';
import { rowItem, type ScriptRow } from './rows';

const VIEW = 'mpyFleet.scripts';
/** Number of boards whose schedules are read without a request. */
const FEW_BOARDS = 10;
/** Milliseconds during which changes are collected before the view is redrawn. */
const GATHER_MS = 100;
/**
 * Milliseconds after the start of a run before the view is read again. Most runs have ended by
 * then.
 */
const AFTER_RUN_MS = 2_000;
/** Longest wait in milliseconds that a timer supports reliably. */
const LONGEST_MS = 86_400_000;

class ScriptRows implements vscode.TreeDataProvider<ScriptRow> {
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  #timer: { readonly at: number; readonly handle: Disposable } | undefined;
  /** Boards that were busy or closed when their schedules were to be read. */
  readonly waiting = new Set<Board>();

  /** Set by the owner of the view. */
  isVisible: () => boolean = () => false;

  constructor(private readonly context: Needs<'fleet' | 'scripts'>) {}

  refresh(): void {
    this.dispose();
    this.#changed.fire(undefined);
  }

  async getChildren(row?: ScriptRow): Promise<ScriptRow[]> {
    const { scripts, fleet } = this.context;
    if (!row) {
      const [kept, schedules] = await Promise.all([scripts.kept.list(), this.#computer()]);
      const boards = sortByName(fleet.boards.filter((b) => b.present && isLikely(b)));
      return [
        ...(kept.length > 0 ? [{ kind: 'scripts' } as const] : []),
        ...(schedules.length > 0 ? [{ kind: 'computer' } as const] : []),
        ...boards.map((board) => ({ kind: 'scheduleBoard', board }) as const),
      ];
    }
    if (row.kind === 'scripts') {
      const names = await scripts.kept.list();
      const uri = (name: string) => vscode.Uri.file(scripts.kept.path(name));
      return names.map((name) => ({ kind: 'script', name, uri: uri(name) }));
    }
    if (row.kind === 'computer') return this.#computer();
    return row.kind === 'scheduleBoard' ? this.#board(row.board) : [];
  }

  getTreeItem(row: ScriptRow): vscode.TreeItem {
    return rowItem(row, this.context.fleet.boards.length <= FEW_BOARDS);
  }

  dispose(): void {
    this.#timer?.handle.dispose();
    this.#timer = undefined;
  }

  async #computer(): Promise<ScriptRow[]> {
    try {
      const all = await this.context.scripts.ofComputer();
      for (const { next } of all) this.#readAfter(next);
      return all.map((schedule) => ({ kind: 'computerSchedule', schedule }));
    } catch (error) {
      return [{ kind: 'scriptNote', label: asError(error).message }]; // the file is damaged
    }
  }

  async #board(board: Board): Promise<ScriptRow[]> {
    // Reading the schedules must not stop a program, so only a board that is idle or has the agent
    // is read.
    if (!isFree(board)) return this.#later(board);
    this.waiting.delete(board);
    try {
      const all = await this.context.scripts.ofBoard(board);
      for (const { next } of all) this.#readAfter(next);
      if (all.length === 0) return [note(vscode.l10n.t('no schedules'))];
      return all.map((schedule) => ({ kind: 'boardSchedule', board, schedule }));
    } catch (error) {
      if (error instanceof CancelledError || error instanceof ProgramRunningError) {
        return this.#later(board);
      }
      const { message } = asError(error);
      return [note(vscode.l10n.t('The schedules could not be read'), message)];
    }
  }

  #later(board: Board): ScriptRow[] {
    this.waiting.add(board);
    return [note(vscode.l10n.t('shown when the board is connected and no program runs'))];
  }

  /** Reads again after a run at `next` has ended, so that the shown times stay correct. */
  #readAfter(next: number | undefined): void {
    if (next === undefined) return;
    const at = Math.max(next, Date.now()) + AFTER_RUN_MS;
    if (this.#timer && this.#timer.at <= at) return;
    this.#timer?.handle.dispose();
    const handle = systemClock.after(Math.min(at - Date.now(), LONGEST_MS), () => {
      this.#timer = undefined;
      if (this.isVisible()) this.refresh();
    });
    this.#timer = { at, handle };
  }
}

function isFree({ transport, state }: Board): boolean {
  return transport?.can.besideProgram === true || state.tag === 'idle';
}

function note(label: string, tooltip?: string): ScriptRow {
  return { kind: 'scriptNote', label, ...(tooltip === undefined ? {} : { tooltip }) };
}

/** Registers the Scripts and Schedules view. */
export function registerScripts(context: Needs<'fleet' | 'scripts'>): vscode.Disposable {
  const { fleet, scripts } = context;
  const rows = new ScriptRows(context);
  const view = vscode.window.createTreeView(VIEW, { treeDataProvider: rows });
  rows.isVisible = () => view.visible;
  let drawn = '';
  const soon = new Coalescer<'boards' | 'scripts'>(GATHER_MS, (causes) => {
    if (!view.visible) return;
    // Reading a board makes it busy and idle again, which must not cause another reading.
    const now = fleet.boards.map((b) => [b.id, b.name, b.present].join()).join('|');
    const isReady = [...rows.waiting].some(isFree);
    if (now === drawn && !isReady && !causes.includes('scripts')) return;
    drawn = now;
    rows.refresh();
  });
  const look = () => soon.add('boards');
  return vscode.Disposable.from(
    view,
    soon,
    rows,
    scripts.onDidChange(() => soon.add('scripts')),
    view.onDidChangeVisibility(({ visible }) => visible && rows.refresh()),
    vscode.Disposable.from(fleet.onDidChangeList(look), fleet.onDidChangeBoard(look)),
  );
}
