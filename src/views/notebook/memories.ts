import type * as vscode from 'vscode';
import type { KernelMemory } from '../../core/notebook';

const KEY = 'mpyFleet.notebooks';
/** Maximum number of notebooks whose state is stored. The least recently used one is dropped. */
const MOST = 200;

/** The stored state of a notebook in this workspace. */
export interface NotebookMemory {
  readonly memory?: KernelMemory;
  /** The uid of the board that was chosen in the kernel picker; '' for the kernel of no board. */
  readonly chosen?: string;
}

/** Boards and folders of notebooks, by the notebook's URI. */
export class Memories {
  constructor(private readonly state: vscode.Memento) {}

  get(notebook: string): NotebookMemory | undefined {
    return this.#all()[notebook];
  }

  /** Updates the stored state. */
  set(notebook: string, change: NotebookMemory): void {
    const { [notebook]: before, ...others } = this.#all();
    const kept = Object.entries(others).slice(1 - MOST);
    const all = { ...Object.fromEntries(kept), [notebook]: { ...before, ...change } };
    void this.state.update(KEY, all);
  }

  #all(): Readonly<Record<string, NotebookMemory>> {
    return this.state.get<Readonly<Record<string, NotebookMemory>>>(KEY, {});
  }
}
