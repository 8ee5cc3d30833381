import * as vscode from 'vscode';
import type { Board } from '../core/board/board';

/** Kept in the workspace's state under this key. */
const KEY = 'mpyFleet.origins';

/** Files remembered at most, over all boards; the oldest are forgotten. */
const LIMIT = 2000;

/** Which local file a board's file was uploaded from, so that tracebacks link to what the user edits. */
export class Origins {
  readonly #byPlace: Map<string, string>;

  constructor(private readonly memento: vscode.Memento) {
    this.#byPlace = new Map(memento.get<[string, string][]>(KEY, []));
  }

  /** Notes that these files were uploaded to `board`. */
  async note(board: Board, files: readonly { path: string; local: vscode.Uri }[]): Promise<void> {
    for (const { path, local } of files) {
      const place = placeOf(board, path);
      this.#byPlace.delete(place);
      this.#byPlace.set(place, local.toString());
    }
    const all = [...this.#byPlace];
    for (const [place] of all.slice(0, Math.max(0, all.length - LIMIT)))
      this.#byPlace.delete(place);
    await this.memento.update(KEY, [...this.#byPlace]);
  }

  /** The local file that `path` came from, if it came from here. */
  get(board: Board, path: string): vscode.Uri | undefined {
    const text = this.#byPlace.get(placeOf(board, path));
    return text === undefined ? undefined : vscode.Uri.parse(text, true);
  }
}

function placeOf(board: Board, path: string): string {
  return `${board.uid ?? board.id}|${path}`;
}
