import * as vscode from 'vscode';
import { type Board, isConnected } from '../../core/board';
import { shortPlace } from '../../core/address';
import { utf8, hex } from '../../core/bytes';
import { DisposableStore, type Disposable } from '../../core/events';
import { sortByName } from '../../core/many';
import { Coalescer } from '../coalesce';
import type { Needs } from '../context';
import { isMicroPython } from './kernelSpec';
import { NOTEBOOK_TYPE } from './notebooks';

/** Maximum number of boards in the kernel picker. %connect reaches the others. */
const MOST = 40;
/** Context key for menus: the fleet has more boards than the kernel picker shows. */
const MORE_BOARDS = 'mpyFleet.moreBoardsThanKernels';
/** Milliseconds in which changes of boards are collected. */
const GATHER_MS = 200;
const ID = 'mpyFleet.notebook';

/** Handlers for a kernel in the picker. */
export interface ControllerWork {
  execute(
    cells: readonly vscode.NotebookCell[],
    notebook: vscode.NotebookDocument,
    controller: vscode.NotebookController,
  ): Promise<void>;
  interrupt(notebook: vscode.NotebookDocument): void;
  /** Called when a notebook gets this kernel; `board` is undefined for the one that uses the active board. */
  selected(notebook: vscode.NotebookDocument, board: Board | undefined): void;
  /** Returns the uid of the board that was chosen for a notebook. */
  chosen(notebook: vscode.NotebookDocument): string | undefined;
}

interface Entry {
  readonly controller: vscode.NotebookController;
  readonly store: DisposableStore;
  /** Notebooks that have chosen this kernel. It stays while its board is away. */
  readonly notebooks: Set<vscode.NotebookDocument>;
}

/** The kernels in the picker: "MicroPython", and each known board. */
export class Controllers implements Disposable {
  readonly #store = new DisposableStore();
  readonly #boards = new Map<string, Entry>();
  readonly #generic: Entry;
  /** Boards to which notebooks are about to be connected. */
  readonly #coming = new WeakMap<vscode.NotebookDocument, string>();
  #more = 0;

  constructor(
    private readonly context: Needs<'extension' | 'fleet'>,
    private readonly work: ControllerWork,
  ) {
    this.#generic = this.#create(ID, 'MicroPython', undefined);
    this.#generic.controller.description = vscode.l10n.t('the active board, or %connect NAME');
    const changes = this.#store.add(new Coalescer<true>(GATHER_MS, () => this.#update()));
    this.#store.add(context.fleet.onDidChangeList(() => changes.add(true)));
    this.#store.add(context.fleet.onDidChangeBoard(() => changes.add(true)));
    this.#store.add(
      vscode.workspace.onDidOpenNotebookDocument((n) => {
        this.#prefer(n);
        changes.add(true);
      }),
    );
    this.#update();
    vscode.workspace.notebookDocuments.forEach((n) => this.#prefer(n));
  }

  /** Returns whether a notebook uses one of our kernels. */
  has(notebook: vscode.NotebookDocument): boolean {
    return [...this.#boards.values(), this.#generic].some((e) => e.notebooks.has(notebook));
  }

  /** Shows in the notebook's toolbar the board that a cell has connected it to. */
  async show(notebook: vscode.NotebookDocument, board: Board): Promise<void> {
    const editor = vscode.window.visibleNotebookEditors.find((e) => e.notebook === notebook);
    if (!editor || board.uid === undefined) return;
    this.#coming.set(notebook, board.uid);
    this.#update();
    const entry = this.#boards.get(idOf(board));
    if (!entry || entry.notebooks.has(notebook)) return;
    await vscode.commands.executeCommand('notebook.selectKernel', {
      notebookEditor: editor,
      id: entry.controller.id,
      extension: this.context.extension.extension.id,
    });
  }

  dispose(): void {
    this.#store.dispose();
    for (const { store } of [...this.#boards.values(), this.#generic]) store.dispose();
    this.#boards.clear();
  }

  /** Creates and removes kernels as boards appear and disappear. */
  #update(): void {
    const wanted = new Map(this.#named().map((board) => [idOf(board), board]));
    for (const [id, { store, notebooks }] of this.#boards) {
      if (wanted.has(id) || notebooks.size > 0) continue;
      store.dispose();
      this.#boards.delete(id);
    }
    for (const [id, board] of wanted) {
      const entry = this.#boards.get(id) ?? this.#create(id, board.name, board);
      this.#boards.set(id, entry);
      const { controller } = entry;
      const description = descriptionOf(board);
      if (controller.label !== board.name) controller.label = board.name;
      if (controller.description !== description) controller.description = description;
    }
  }

  /**
   * Returns the boards whose kernels outlive their ports, which are those that have reported their
   * unique id. Boards of open notebooks come first, then connected ones.
   */
  #named(): Board[] {
    const { notebookDocuments } = vscode.workspace;
    const mine = new Set(
      notebookDocuments.flatMap((n) => [this.#coming.get(n), this.work.chosen(n)]),
    );
    const rank = (b: Board) => (mine.has(b.uid) ? 0 : isConnected(b.state) ? 1 : 2);
    const all = sortByName(
      this.context.fleet.boards.filter((b) => b.uid !== undefined && b.present),
    ).sort((a, b) => rank(a) - rank(b));
    this.#tellMore(Math.max(0, all.length - MOST));
    return all.slice(0, MOST);
  }

  /**
   * Tells the user in the picker, and the menus by a context key, that some boards have no kernel
   * there.
   */
  #tellMore(more: number): void {
    if (more === this.#more) return;
    if (more > 0 !== this.#more > 0) {
      void vscode.commands.executeCommand('setContext', MORE_BOARDS, more > 0);
    }
    this.#more = more;
    this.#generic.controller.detail =
      more > 0
        ? vscode.l10n.t('"Choose the Notebook\'s Board…" in the toolbar lists all boards')
        : undefined;
  }

  #create(id: string, label: string, board: Board | undefined): Entry {
    const controller = vscode.notebooks.createNotebookController(id, NOTEBOOK_TYPE, label);
    const store = new DisposableStore();
    const notebooks = new Set<vscode.NotebookDocument>();
    store.add(controller);
    controller.supportedLanguages = ['python'];
    controller.supportsExecutionOrder = true;
    controller.executeHandler = (cells, notebook) => this.work.execute(cells, notebook, controller);
    controller.interruptHandler = (notebook) => this.work.interrupt(notebook);
    const uid = board?.uid;
    store.add(
      controller.onDidChangeSelectedNotebooks(({ notebook, selected }) => {
        if (!selected) {
          notebooks.delete(notebook);
          return;
        }
        notebooks.add(notebook);
        const now = uid === undefined ? undefined : this.context.fleet.byUid(uid);
        this.work.selected(notebook, now ?? board);
      }),
    );
    return { controller, store, notebooks };
  }

  /** Puts our kernel at the top of the picker for notebooks whose metadata names MicroPython. */
  #prefer(notebook: vscode.NotebookDocument): void {
    if (notebook.notebookType !== NOTEBOOK_TYPE || !isMicroPython(notebook)) return;
    this.#generic.controller.updateNotebookAffinity(
      notebook,
      vscode.NotebookControllerAffinity.Preferred,
    );
  }
}

function idOf(board: Board): string {
  return `${ID}.${hex(utf8(board.uid ?? board.id))}`;
}

function descriptionOf(board: Board): string {
  const address = board.transport?.address ?? board.links.find((l) => l.present)?.found.address;
  return ['MicroPython', ...(address ? [shortPlace(address)] : [])].join(' · ');
}
