import { Emitter } from '../events';
import type { BoardInfo } from './boardInfo';

/** What is kept of a board between two starts. Nothing secret. */
export interface KnownBoard {
  /** Lower-case hex of machine.unique_id(). */
  readonly uid: string;
  readonly name?: string;
  readonly tags?: readonly string[];
  /** USB keys and addresses where it was last seen: newest first, at most {@link MAX_PLACES}. */
  readonly places: readonly string[];
  readonly info?: Partial<BoardInfo>;
}

/** Where the list is kept (VS Code's global state, a file for the command line). */
export interface KnownBoardsStore {
  load(): readonly KnownBoard[];
  save(boards: readonly KnownBoard[]): Promise<void>;
}

const MAX_PLACES = 8;

/** The boards seen before: a name and a uid for a port before anything was asked of the board. */
export class KnownBoards {
  readonly #byUid = new Map<string, KnownBoard>();
  readonly #changed = new Emitter<string>();
  /** Fired with the uid whose entry has changed. */
  readonly onDidChange = this.#changed.event;
  #saving: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: KnownBoardsStore,
    private readonly onSaveError: (error: unknown) => void,
  ) {
    for (const board of store.load()) this.#byUid.set(board.uid, board);
  }

  all(): readonly KnownBoard[] {
    return [...this.#byUid.values()];
  }

  get(uid: string): KnownBoard | undefined {
    return this.#byUid.get(uid);
  }

  /** The board last seen at any of `places`, in the order in which these are given. */
  at(places: readonly string[]): KnownBoard | undefined {
    for (const place of places) {
      const board = this.all().find((b) => b.places.includes(place));
      if (board) return board;
    }
    return undefined;
  }

  /** Notes that `uid` is now at `places`; no other board is there any more. */
  seen(uid: string, places: readonly string[], info?: Partial<BoardInfo>): void {
    for (const other of this.all()) {
      if (other.uid !== uid && other.places.some((p) => places.includes(p))) {
        this.#put({ ...other, places: other.places.filter((p) => !places.includes(p)) });
      }
    }
    const old = this.#byUid.get(uid);
    const merged = [...new Set([...places, ...(old?.places ?? [])])].slice(0, MAX_PLACES);
    this.#put({ ...old, uid, places: merged, info: info ?? old?.info });
  }

  update(uid: string, change: { name?: string; tags?: readonly string[] }): void {
    const old = this.#byUid.get(uid) ?? { uid, places: [] };
    this.#put({ ...old, ...change });
  }

  forget(uid: string): void {
    if (this.#byUid.delete(uid)) this.#save(uid);
  }

  /** Resolves when all that was changed has been written. */
  flush(): Promise<void> {
    return this.#saving;
  }

  #put(board: KnownBoard): void {
    if (JSON.stringify(this.#byUid.get(board.uid)) === JSON.stringify(board)) return;
    this.#byUid.set(board.uid, board);
    this.#save(board.uid);
  }

  #save(uid: string): void {
    this.#saving = this.#saving.then(() => this.store.save(this.all())).catch(this.onSaveError);
    this.#changed.fire(uid);
  }
}
