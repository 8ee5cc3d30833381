import { dirname } from 'node:path';
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { Queue } from '../../core/async';
import type { Board } from '../../core/board';
import { asError, CancelledError } from '../../core/errors';
import { DisposableStore, type Disposable } from '../../core/events';
import { type KernelMemory, NotebookKernel, savedValues, Shared } from '../../core/notebook';
import { magics } from '../../core/notebook/magics';
import type { Needs } from '../context';
import { NotebookOutput } from './cellOutput';
import { Controllers } from './controllers';
import { notebookHost } from './host';
import { Memories } from './memories';
import { registerEditing } from './editing';
import { isIotNotebook, setKernelSpec } from './kernelSpec';
import { WholeOutput } from './wholeOutput';
import { registerWholeOutputItem } from './wholeOutputItem';

/** A notebook that is open. */
interface Open {
  readonly kernel: NotebookKernel;
  readonly queue: Queue;
  /** Runs that are waiting or in progress. */
  readonly runs: Set<AbortController>;
  /** The number of the last cell that was run. */
  order: number;
}

/** Runs the cells of notebooks. */
export class NotebookWing implements Disposable {
  readonly #store = new DisposableStore();
  readonly #shared: Shared;
  readonly #open = new Map<vscode.NotebookDocument, Open>();
  readonly #whole = new Map<vscode.NotebookCell, WholeOutput>();
  readonly #wholeChanged = this.#store.add(new vscode.EventEmitter<void>());
  readonly #memories: Memories;
  readonly #controllers: Controllers;

  constructor(
    private readonly context: Needs<
      'extension' | 'log' | 'settings' | 'fleet' | 'active' | 'many' | 'sync' | 'packages'
    >,
  ) {
    this.#memories = new Memories(context.extension.workspaceState);
    const { storageUri, globalStorageUri } = context.extension;
    const values = vscode.Uri.joinPath(storageUri ?? globalStorageUri, 'notebookValues.json');
    this.#shared = this.#store.add(
      new Shared(
        savedValues(values.fsPath, (error) => {
          context.log.error('The values that %store kept cannot be read', error);
        }),
      ),
    );
    this.#controllers = this.#store.add(
      new Controllers(context, {
        execute: (cells, notebook, controller) => this.#execute(cells, notebook, controller),
        interrupt: (notebook) => this.interrupt(notebook),
        selected: (notebook, board) => this.#selected(notebook, board),
        chosen: (notebook) => this.#memories.get(notebook.uri.toString())?.chosen,
      }),
    );
    this.#store.add(
      context.fleet.onDidMerge(({ from, into }) => {
        for (const { kernel } of this.#open.values()) kernel.merged(from.id, into);
      }),
    );
    this.#store.add(vscode.workspace.onDidCloseNotebookDocument((n) => this.#closed(n)));
    this.#store.add(
      registerEditing((document) => {
        const notebook = vscode.workspace.notebookDocuments.find((n) =>
          n.getCells().some((cell) => cell.document === document),
        );
        return notebook && this.#controllers.has(notebook) ? this.kernelOf(notebook) : undefined;
      }),
    );
    this.#store.add(
      registerWholeOutputItem((cell) => this.wholeOutputOf(cell), this.#wholeChanged.event),
    );
  }

  /** Returns the kernel of a notebook. */
  kernelOf(notebook: vscode.NotebookDocument): NotebookKernel {
    return this.#of(notebook).kernel;
  }

  /** Returns the file with the complete output of a cell, if it was too long for the notebook. */
  wholeOutputOf(cell: vscode.NotebookCell): string | undefined {
    return this.#whole.get(cell)?.path;
  }

  /** Sends Ctrl-C to the running cell; waiting cells are not run. */
  interrupt(notebook: vscode.NotebookDocument): void {
    for (const run of this.#open.get(notebook)?.runs ?? []) run.abort(new CancelledError());
  }

  /** Makes `board` the board of a notebook; cells that are running stay on theirs. */
  async choose(notebook: vscode.NotebookDocument, board: Board): Promise<void> {
    const open = this.#of(notebook);
    open.kernel.choose(board);
    await this.#showBoard(notebook, open);
  }

  /** Stops all runs and restarts the board's interpreter. Cells are numbered from 1 again. @returns the board */
  async restart(notebook: vscode.NotebookDocument, signal?: AbortSignal): Promise<Board> {
    const open = this.#of(notebook);
    this.interrupt(notebook);
    return open.queue.run(async () => {
      const board = open.kernel.board();
      await board.reset('soft', signal);
      open.kernel.restarted();
      open.order = 0;
      return board;
    }, signal);
  }

  dispose(): void {
    for (const notebook of [...this.#open.keys()]) this.#closed(notebook);
    this.#store.dispose();
  }

  #of(notebook: vscode.NotebookDocument): Open {
    const known = this.#open.get(notebook);
    if (known) return known;
    const key = notebook.uri.toString();
    const remember = (memory: KernelMemory) => this.#memories.set(key, { memory });
    const memory = this.#memories.get(key)?.memory;
    const kernel = new NotebookKernel({
      host: notebookHost(this.context, folderOf(notebook)),
      shared: this.#shared,
      magics,
      name: notebook.uri.path.slice(notebook.uri.path.lastIndexOf('/') + 1),
      ...(memory && { memory }),
      onRemember: remember,
    });
    const open = { kernel, queue: new Queue(), runs: new Set<AbortController>(), order: 0 };
    this.#open.set(notebook, open);
    return open;
  }

  /**
   * Stores the kernel that the user has chosen. The event fires again whenever the window is
   * opened.
   */
  #selected(notebook: vscode.NotebookDocument, board: Board | undefined): void {
    const key = notebook.uri.toString();
    const chosen = board?.uid ?? '';
    if (this.#memories.get(key)?.chosen === chosen) return;
    this.#memories.set(key, { chosen });
    if (board) this.#of(notebook).kernel.choose(board);
  }

  async #execute(
    cells: readonly vscode.NotebookCell[],
    notebook: vscode.NotebookDocument,
    controller: vscode.NotebookController,
  ): Promise<void> {
    const open = this.#of(notebook);
    const run = new AbortController();
    open.runs.add(run);
    // All waiting cells show that they wait.
    const executions = cells.map((cell) => controller.createNotebookCellExecution(cell));
    try {
      await open.queue.run(async () => {
        let well = true;
        for (const execution of executions) {
          if (!well || run.signal.aborted) {
            execution.end(undefined);
            continue;
          }
          well = await this.#cell(execution, open, run.signal);
        }
      });
      await setKernelSpec(notebook);
    } catch (error) {
      this.context.log.error('A cell could not be run', asError(error));
    } finally {
      open.runs.delete(run);
    }
    await this.#showBoard(notebook, open);
  }

  /** Shows the chosen kernel once no cell runs: showing another kernel ends running cells. */
  async #showBoard(notebook: vscode.NotebookDocument, { kernel, runs }: Open): Promise<void> {
    if (runs.size > 0) return;
    const board = kernel.chosen;
    if (board) await this.#controllers.show(notebook, board);
  }

  /** Runs a cell. @returns whether the cells after it run */
  async #cell(
    execution: vscode.NotebookCellExecution,
    open: Open,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { cell } = execution;
    const number = ++open.order;
    execution.executionOrder = number;
    execution.start(Date.now());
    let well = false;
    try {
      await execution.clearOutput();
      this.#whole.get(cell)?.dispose();
      const whole = new WholeOutput(
        vscode.Uri.joinPath(this.context.extension.globalStorageUri, 'cellOutput').fsPath,
      );
      this.#whole.set(cell, whole);
      const output = new NotebookOutput(execution, whole, this.context.log);
      const source = cell.document.getText();
      well = await open.kernel.run({ source, cell: number, output, signal });
      await output.end();
      if (whole.path !== undefined) this.#wholeChanged.fire();
      return well || mayFail(cell) || (output.raised && isIotNotebook(cell.notebook));
    } finally {
      execution.end(well, Date.now());
    }
  }

  #closed(notebook: vscode.NotebookDocument): void {
    this.interrupt(notebook);
    this.#open.delete(notebook);
    for (const cell of notebook.getCells()) {
      this.#whole.get(cell)?.dispose();
      this.#whole.delete(cell);
    }
  }
}

/** Jupyter's tag for a cell that is expected to fail: the cells after it run. */
const MAY_FAIL = 'raises-exception';

function mayFail({ metadata }: vscode.NotebookCell): boolean {
  const { tags } = (metadata as { metadata?: { tags?: unknown } }).metadata ?? {};
  return Array.isArray(tags) && tags.includes(MAY_FAIL);
}

/** Returns the base folder of paths on this computer: the notebook's folder. */
function folderOf(notebook: vscode.NotebookDocument): string {
  if (notebook.uri.scheme === 'file') return dirname(notebook.uri.fsPath);
  return vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? homedir();
}
