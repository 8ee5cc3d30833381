import * as vscode from 'vscode';
import type { Board } from '../core/board';

/** Key of the workspace's state. */
const KEY = 'mpyFleet.origins';

/** Maximum number of files stored for all boards. The oldest ones are dropped. */
const LIMIT = 2000;

/** Remembers the local file behind each uploaded file, so that tracebacks link to the file that the user edits. */
export class Origins {
  readonly #byPlace: Map<string, string>;

  constructor(private readonly memento: vscode.Memento) {
    this.#byPlace = new Map(memento.get<[string, string][]>(KEY, []));
  }

  /** Notes that these files were uploaded to `boards`. */
  async note(
    boards: readonly Board[],
    files: readonly { path: string; local: vscode.Uri }[],
  ): Promise<void> {
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
    await this.memento.update(KEY, [...this.#byPlace]);
  }

  /** Returns the local file that `path` was uploaded from, if it was uploaded from here. */
  get(board: Board, path: string): vscode.Uri | undefined {
    const text = this.#byPlace.get(placeOf(board, path));
    return text === undefined ? undefined : vscode.Uri.parse(text, true);
  }
}

function placeOf(board: Board, path: string): string {
  return `${board.uid ?? board.id}|${path}`;
}
