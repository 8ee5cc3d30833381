import { Emitter } from '../events';
import type { BoardInfo } from './boardInfo';
import type { Lent } from './deviceNames';

/** Data about a board that is stored between sessions. Contains no secrets. */
export interface KnownBoard {
  /** machine.unique_id() in lower-case hex. */
  readonly uid: string;
  readonly name?: string;
  /** The name was assigned by {@link KnownBoards.nameNew}, not chosen by the user. */
  readonly auto?: true;
  readonly tags?: readonly string[];
  /** USB keys and addresses where it was last seen, newest first, at most {@link MAX_PLACES}. */
  readonly places: readonly string[];
  readonly info?: Partial<BoardInfo>;
}

/** Storage of the list (VS Code's global state, or a file for the command line). */
export interface KnownBoardsStore {
  load(): readonly KnownBoard[];
  save(boards: readonly KnownBoard[]): Promise<void>;
}

const MAX_PLACES = 8;

/** The boards seen before. Gives a port a name and a uid before the board has been asked. */
export class KnownBoards {
  readonly #byUid = new Map<string, KnownBoard>();
  readonly #changed = new Emitter<string>();
  /** Fired with the uid whose entry changed. */
  readonly onDidChange = this.#changed.event;
  #saving: Promise<void> = Promise.resolve();
  #lent: ReadonlyMap<string, Lent> = new Map();

  constructor(
    private readonly store: KnownBoardsStore,
    private readonly onSaveError: (error: unknown) => void,
  ) {
    for (const board of store.load()) this.#byUid.set(board.uid, board);
  }

  /** Returns every board that has been seen or named. */
  all(): readonly KnownBoard[] {
    return [...this.#byUid.values()];
  }

  /** Returns the board with this uid. */
  get(uid: string): KnownBoard | undefined {
    return this.#byUid.get(uid);
  }

  /** Returns the board last seen at any of `places`, in their order. */
  at(places: readonly string[]): KnownBoard | undefined {
    for (const place of places) {
      const board = this.all().find((b) => b.places.includes(place));
      if (board) return board;
    }
    return undefined;
  }

  /** Records that `uid` is now at `places`, and that no other board is there. */
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

  /** Stores a name or tags that the user has chosen. An unknown board is added. */
  update(uid: string, change: { name?: string; tags?: readonly string[] }): void {
    const { auto, ...old } = this.#byUid.get(uid) ?? { uid, places: [] };
    const keepsAuto = auto !== undefined && change.name === undefined;
    this.#put({ ...old, ...(keepsAuto ? { auto } : {}), ...change });
  }

  /**
   * Names an unnamed board: the first of `<platform>-1`, `<platform>-2`, … that no known board
   * uses. The name is stored.
   * @returns the name, if one was assigned
   */
  nameNew(uid: string, platform: string, isTaken: (name: string) => boolean): string | undefined {
    const old = this.#byUid.get(uid) ?? { uid, places: [] };
    if (old.name !== undefined) return undefined;
    // Text from the board is shown in many places, so take only a short word.
    const base = /^[A-Za-z][\w.]{0,23}/.exec(platform)?.[0] ?? 'board';
    const names = new Set(this.all().map((b) => b.name));
    let n = 1;
    while (names.has(`${base}-${n}`) || isTaken(`${base}-${n}`)) n++;
    const name = `${base}-${n}`;
    this.#put({ ...old, name, auto: true });
    return name;
  }

  /** Replaces what device files say of boards, by uid. It is not stored. */
  lend(lent: ReadonlyMap<string, Lent>): void {
    const before = this.#lent;
    this.#lent = lent;
    for (const uid of new Set([...before.keys(), ...lent.keys()])) {
      const isSame = JSON.stringify(before.get(uid)) === JSON.stringify(lent.get(uid));
      if (!isSame) this.#changed.fire(uid);
    }
  }

  /** Returns what a device file says of the board with this uid. */
  lentTo(uid: string): Lent | undefined {
    return this.#lent.get(uid);
  }

  /** Removes a board with its name, tags and places. */
  forget(uid: string): void {
    if (this.#byUid.delete(uid)) this.#save(uid);
  }

  /** Restores a board to its state before it was forgotten. */
  restore(board: KnownBoard): void {
    this.#put(board);
  }

  /** Resolves when all changes have been written. */
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
