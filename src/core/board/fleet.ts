import { shortPlace, type Address } from '../address';
import { Board, type BoardServices, type Link } from './board';
import type { BoardInfo } from './boardInfo';
import { usbKey, type BoardSource, type Found } from './discovery';
import { asError } from '../errors';
import { DisposableStore, Emitter, type Disposable } from '../events';
import type { KnownBoards } from './knownBoards';
import { UidIndex } from './uidIndex';

export interface FleetServices extends BoardServices {
  readonly known: KnownBoards;
  /** Whether a board that has just been found is connected to (passively) without being asked. */
  shouldAutoConnect(board: Board, found: Found): boolean;
}

/** `from` turned out to be the same board as `into` and has left the tree. */
export interface Merge {
  readonly from: Board;
  readonly into: Board;
}

/** All boards, on whatever link. One physical board is one {@link Board}, known by its uid once that is known. */
export class Fleet implements Disposable {
  readonly #lifetime = new DisposableStore();
  readonly #boards = new Map<string, Board>();
  readonly #perBoard = new Map<Board, DisposableStore>();
  readonly #sources: BoardSource[] = [];
  /** Which board an address belongs to; kept while the link is away, so that it comes back to the same node. */
  readonly #owner = new Map<string, Board>();
  readonly #uids = new UidIndex();
  readonly #listChanged = new Emitter<void>();
  readonly #boardChanged = new Emitter<Board>();
  readonly #merged = new Emitter<Merge>();
  /** Boards came or went. */
  readonly onDidChangeList = this.#listChanged.event;
  /** One board's state, links, name or info changed. */
  readonly onDidChangeBoard = this.#boardChanged.event;
  readonly onDidMerge = this.#merged.event;

  constructor(private readonly services: FleetServices) {
    this.#lifetime.add(
      services.known.onDidChange((uid) => {
        const board = this.byUid(uid);
        if (board) this.#boardChanged.fire(board);
      }),
    );
  }

  get boards(): readonly Board[] {
    return [...this.#boards.values()];
  }

  /** Begins to follow a source; disposing the answer takes its boards away. */
  addSource(source: BoardSource): Disposable {
    this.#sources.push(source);
    const subscription = source.onDidChange(() => this.#update());
    source.start();
    this.#update();
    const entry = {
      dispose: () => {
        subscription.dispose();
        source.dispose();
        const at = this.#sources.indexOf(source);
        if (at >= 0) this.#sources.splice(at, 1);
        this.#update();
      },
    };
    return this.#lifetime.add(entry);
  }

  byUid(uid: string): Board | undefined {
    return this.#uids.get(uid);
  }

  byId(id: string): Board | undefined {
    return this.#boards.get(id);
  }

  /** The board at an address, by its canonical text. */
  byAddress(address: Address): Board | undefined {
    return this.#owner.get(address.text);
  }

  /** Boards of that name; names need not be unique. */
  byName(name: string): readonly Board[] {
    return this.boards.filter((b) => b.name === name);
  }

  /** Sets the name that is shown; kept on this computer, by uid. The board must have been identified. */
  rename(board: Board, name: string): void {
    if (!board.uid) throw new Error(`${board.name} has not told its unique id yet`);
    this.services.known.update(board.uid, { name });
    this.#boardChanged.fire(board);
  }

  /** Sets a board's tags. */
  setTags(board: Board, tags: readonly string[]): void {
    if (!board.uid) throw new Error(`${board.name} has not told its unique id yet`);
    this.services.known.update(board.uid, { tags });
    this.#boardChanged.fire(board);
  }

  tagsOf(board: Board): readonly string[] {
    return board.uid ? (this.services.known.get(board.uid)?.tags ?? []) : [];
  }

  /** The name a board is shown under: the user's, its own, a nice one for its port, its address. */
  nameOf(board: Board): string {
    const found = board.links.map((l) => l.found);
    const own = board.uid ? this.services.known.get(board.uid)?.name : undefined;
    return (
      own ??
      found.find((f) => f.name)?.name ??
      found.find((f) => f.label)?.label ??
      board.info?.platform ??
      (found[0] && shortPlace(found[0].address)) ??
      board.id
    );
  }

  /** Removes a board that is not there from the tree and from memory. */
  async forget(board: Board): Promise<void> {
    if (board.uid) this.services.known.forget(board.uid);
    this.#drop(board);
    await board.dispose();
  }

  dispose(): void {
    for (const board of this.boards) {
      this.#drop(board);
      void board.dispose().catch((error: unknown) => {
        this.services.log.warn(`Closing ${board.id} failed: ${asError(error).message}`);
      });
    }
    this.#lifetime.dispose();
  }

  /** Brings boards and links into line with what the sources see. */
  #update(): void {
    const present = new Map<string, Found>();
    for (const source of this.#sources) {
      for (const found of source.found) present.set(found.address.text, found);
    }
    const touched = new Map<Board, Found[]>();
    let listChanged = false;
    for (const found of present.values()) {
      const known = this.#owner.get(found.address.text);
      const board = this.#boardFor(found);
      listChanged ||= known !== board;
      touched.set(board, [...(touched.get(board) ?? []), found]);
    }
    for (const board of this.boards) {
      const links = this.#linksOf(board, touched.get(board) ?? []);
      if (links.length === 0 && !board.transport) {
        this.#drop(board);
        void board.dispose().catch((e: unknown) => this.services.log.warn(asError(e).message));
        listChanged = true;
      } else if (linksDiffer(board.links, links)) {
        const isNew = board.links.length === 0;
        board.setLinks(links);
        listChanged ||= isNew;
        this.#autoConnect(board, links, isNew);
      }
    }
    if (listChanged) this.#listChanged.fire();
  }

  /** The links that are there, and those of a named or connected board that are away. */
  #linksOf(board: Board, found: readonly Found[]): Link[] {
    const here = found.map((f) => ({ found: f, present: f.online !== false }));
    const keeps =
      board.transport !== undefined || board.state.tag === 'reconnecting' || this.#isKept(board);
    const away = keeps
      ? board.links
          .filter((l) => !found.some((f) => f.address.text === l.found.address.text))
          .map((l) => ({ found: l.found, present: false }))
      : [];
    return [...here, ...away];
  }

  /** A board the user has named stays in the tree while it is away. */
  #isKept(board: Board): boolean {
    return board.uid !== undefined && this.services.known.get(board.uid)?.name !== undefined;
  }

  #boardFor(found: Found): Board {
    const places = placesOf(found);
    const uid = found.uid ?? this.services.known.at(places)?.uid;
    const usb = usbKey(found.usb);
    // A port whose USB serial number names another board than before has a new board on it.
    const owner = this.#owner.get(found.address.text);
    const same =
      owner && (!uid || owner.uid === undefined || owner.uid === uid) ? owner : undefined;
    const board =
      same ??
      (uid ? (this.byUid(uid) ?? this.#boards.get(`uid:${uid}`)) : undefined) ??
      (usb ? this.#boards.get(usb) : undefined);
    if (board) {
      this.#owner.set(found.address.text, board);
      return board;
    }
    const created = this.#create(uid ? `uid:${uid}` : (usb ?? found.address.text));
    if (uid) created.hintInfo({ ...this.services.known.get(uid)?.info, uid });
    this.#owner.set(found.address.text, created);
    return created;
  }

  #create(id: string): Board {
    const board = new Board(id, this.services, { name: (b) => this.nameOf(b) });
    const store = new DisposableStore();
    store.add(
      board.onDidChange(() => {
        this.#uids.update(board);
        this.#boardChanged.fire(board);
      }),
    );
    store.add(board.onDidIdentify((info) => this.#identified(board, info)));
    this.#perBoard.set(board, store);
    this.#boards.set(id, board);
    return board;
  }

  #drop(board: Board): void {
    this.#uids.remove(board);
    this.#perBoard.get(board)?.dispose();
    this.#perBoard.delete(board);
    this.#boards.delete(board.id);
    for (const [address, owner] of this.#owner) if (owner === board) this.#owner.delete(address);
  }

  /** The board has said who it is: remember the place, and join it with the node that has this uid already. */
  #identified(board: Board, info: BoardInfo): void {
    const uid = info.uid;
    const address = board.transport?.address.text;
    if (!uid || /^0*$/.test(uid)) return;
    const link = board.links.find((l) => l.found.address.text === address);
    this.services.known.seen(uid, link ? placesOf(link.found) : [], info);
    const nodeUid = board.id.startsWith('uid:') ? board.id.slice(4) : undefined;
    const other =
      this.boards.find((b) => b !== board && b.uid === uid) ??
      (nodeUid && nodeUid !== uid ? this.#create(`uid:${uid}`) : undefined);
    if (other) this.#move(board, other, info);
  }

  /**
   * The board at the end of `from`'s open link is `into`: its link goes there. `from` leaves the tree, unless it is a
   * board of its own that is merely elsewhere (its adapter, which has no serial number, now carries another board).
   */
  #move(from: Board, into: Board, info: BoardInfo): void {
    const nodeUid = from.id.startsWith('uid:') ? from.id.slice(4) : undefined;
    const ownBoard = nodeUid !== undefined && nodeUid !== info.uid;
    const address = from.transport?.address.text;
    const moved = from.links.filter((l) => !ownBoard || l.found.address.text === address);
    from.handOverTo(into, info);
    for (const link of moved) this.#owner.set(link.found.address.text, into);
    into.setLinks([...into.links, ...moved]);
    if (ownBoard) {
      from.setLinks(from.links.filter((l) => !moved.includes(l)));
      from.hintInfo({ ...this.services.known.get(nodeUid)?.info, uid: nodeUid });
      if (from.links.length === 0 && !this.#isKept(from)) this.#drop(from);
    } else {
      this.#drop(from);
      this.#merged.fire({ from, into });
    }
    this.#listChanged.fire();
  }

  #autoConnect(board: Board, links: readonly Link[], isNew: boolean): void {
    const found = links.find((l) => l.present)?.found;
    if (!isNew || !found || board.transport) return;
    if (!found.likely || found.online !== undefined) return;
    if (!this.services.shouldAutoConnect(board, found)) return;
    board.connect().catch((error: unknown) => {
      this.services.log.info(`${board.name} did not connect: ${asError(error).message}`);
    });
  }
}

function placesOf(found: Found): string[] {
  const usb = usbKey(found.usb);
  return usb ? [usb, found.address.text] : [found.address.text];
}

function linksDiffer(a: readonly Link[], b: readonly Link[]): boolean {
  return (
    a.length !== b.length ||
    a.some((link, i) => link.present !== b[i]?.present || link.found !== b[i].found)
  );
}
