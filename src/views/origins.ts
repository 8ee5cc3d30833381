import * as vscode from 'vscode';
import type { Board } from '../core/board';
import type { Disposable } from '../core/events';
import { Coalescer } from './coalesce';

/** Key of the workspace's state. */
const KEY = 'mpyFleet.origins';

/** Maximum number of files stored for all boards. The oldest ones are dropped. */
const LIMIT = 2000;

/** Milliseconds during which uploads are collected before the list is stored: it is long, and many boards get files at once. */
const GATHER_MS = 200;

/** Remembers the local file behind each uploaded file, so that tracebacks link to the file that the user edits. */
export class Origins implements Disposable {
  readonly #byPlace: Map<string, string>;
  readonly #saves = new Coalescer<true>(GATHER_MS, () => this.#save());

  constructor(
    private readonly memento: vscode.Memento,
    private readonly onError: (error: unknown) => void,
  ) {
    this.#byPlace = new Map(memento.get<[string, string][]>(KEY, []));
  }

  /** Notes that these files were uploaded to `boards`. */
  note(
    boards: readonly Board[],
    files: readonly { readonly path: string; readonly local: vscode.Uri }[],
  ): void {
    for (const board of boards) {
      for (const { path, local } of files) {
        const place = placeOf(board, path);
        this.#byPlace.delete(place);
        this.#byPlace.set(place, local.toString());
      }
    }
    const all = [...this.#byPlace];
    for (const [place] of all.slice(0, Math.max(0, all.length - LIMIT)))
      this.#byPlace.delete(place);
    this.#saves.add(true);
  }

  /** Returns the local file that `path` was uploaded from, if it was uploaded from here. */
  get(board: Board, path: string): vscode.Uri | undefined {
    const text = this.#byPlace.get(placeOf(board, path));
    return text === undefined ? undefined : vscode.Uri.parse(text, true);
  }

  #save(): void {
    this.memento.update(KEY, [...this.#byPlace]).then(undefined, this.onError);
  }

  dispose(): void {
    this.#saves.dispose();
  }
}

function placeOf(board: Board, path: string): string {
  return `${board.uid ?? board.id}|${path}`;
}
