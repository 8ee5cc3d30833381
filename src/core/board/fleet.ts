import * as l10n from '@vscode/l10n';
import type { Address } from '../address';
import { Board } from './board';
import { type Link, isPlaceholderUid, type BoardSource, type Found } from './discovery';
import type { BoardInfo } from './boardInfo';
import type { FleetServices, Merge } from './fleetServices';
import { linksDiffer, linksNow } from './boardLinks';
import { nameNewBoard, shownName } from './boardNames';
import { sharedWords, Twins, UsbKeys, type SharedIdentity } from './usbKeys';
import { asError, UsageError } from '../errors';
import { DisposableStore, Emitter, type Disposable } from '../events';
import { UidIndex } from './uidIndex';

/**
 * All boards, on any link. Each physical board is one {@link Board}, identified by its uid once
 * that is known.
 */
export class Fleet implements Disposable {
  readonly #lifetime = new DisposableStore();
  readonly #boards = new Map<string, Board>();
  readonly #perBoard = new Map<Board, DisposableStore>();
  readonly #sources: BoardSource[] = [];
  /**
   * The board that owns each address. Kept while the link is away, so that the board returns to the
   * same node.
   */
  readonly #owner = new Map<string, Board>();
  readonly #uids = new UidIndex();
  readonly #usbKeys = new UsbKeys();
  readonly #twins = new Twins(this.#usbKeys);
  readonly #listChanged = new Emitter<void>();
  readonly #boardChanged = new Emitter<Board>();
  readonly #merged = new Emitter<Merge>();
  readonly #named = new Emitter<{ readonly uid: string; readonly name: string }>();
  readonly #shared = new Emitter<SharedIdentity>();
  /** Boards were added or removed. */
  readonly onDidChangeList = this.#listChanged.event;
  /** The state, links, name or info of one board changed. */
  readonly onDidChangeBoard = this.#boardChanged.event;
  readonly onDidMerge = this.#merged.event;
  /** A new board (its uid) was given a name automatically; the user may want to change it. */
  readonly onDidName = this.#named.event;
  /** Several boards share a serial number or unique id; fired once for each. */
  readonly onDidFindShared = this.#shared.event;

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

  /** Starts following a source. Disposing the result removes its boards. */
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

  /** Returns the board at an address, looked up by its canonical text. */
  byAddress(address: Address): Board | undefined {
    return this.#owner.get(address.text);
  }

  /** Returns all boards with this name; names need not be unique. */
  byName(name: string): readonly Board[] {
    return this.boards.filter((b) => b.name === name);
  }

  /**
   * Sets the displayed name, stored on this computer by uid. The board must have been identified.
   */
  rename(board: Board, name: string): void {
    if (!board.uid)
      throw new UsageError(l10n.t('The unique id of {0} is not known yet', board.name));
    this.services.known.update(board.uid, { name });
    this.services.worked?.(board, l10n.t('Renaming to {0}', name), undefined);
    this.#boardChanged.fire(board);
  }

  /** Sets a board's tags. */
  setTags(board: Board, tags: readonly string[]): void {
    if (!board.uid)
      throw new UsageError(l10n.t('The unique id of {0} is not known yet', board.name));
    this.services.known.update(board.uid, { tags });
    this.services.worked?.(board, l10n.t('Tags: {0}', tags.join(', ')), undefined);
    this.#boardChanged.fire(board);
  }

  tagsOf(board: Board): readonly string[] {
    return board.uid ? (this.services.known.get(board.uid)?.tags ?? []) : [];
  }
  /** Returns what a device file says of a board. */
  lentTo({ uid = '' }: Board) {
    return this.services.known.lentTo(uid);
  }

  /** Returns the displayed name of a board; see shownName. */
  nameOf(board: Board): string {
    return shownName(board, this.services.known);
  }

  /** Forgets a board's name and tags, and removes it from the tree unless it is present. */
  async forget(board: Board): Promise<void> {
    this.services.worked?.(board, l10n.t('Forgetting'), undefined);
    if (board.uid) this.services.known.forget(board.uid);
    if (board.present) return;
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

  /** Updates boards and links from what the sources report. */
  #update(): void {
    const present = new Map<string, Found>();
    for (const source of this.#sources) {
      for (const found of source.found) present.set(found.address.text, found);
    }
    for (const shared of this.#usbKeys.see([...present.values()])) this.#tellShared(shared);
    const touched = new Map<Board, Found[]>();
    let listChanged = false;
    for (const found of present.values()) {
      const known = this.#owner.get(found.address.text);
      const board = this.#boardFor(found);
      listChanged ||= known !== board;
      touched.set(board, [...(touched.get(board) ?? []), found]);
    }
    for (const board of this.boards) {
      const links = linksNow(board, touched.get(board) ?? [], this.isNamed(board));
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

  /** Returns whether the user has named a board, so that it stays in the tree while away. */
  isNamed(board: Board): boolean {
    const known = board.uid === undefined ? undefined : this.services.known.get(board.uid);
    return known?.name !== undefined && !known.auto;
  }

  #boardFor(found: Found): Board {
    const places = this.#placesOf(found);
    const uid = found.uid ?? this.services.known.at(places)?.uid;
    const usb = this.#usbKeys.of(found);
    // A port whose USB serial number names a different board than before now carries a new board.
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
    const board = new Board(id, this.services, {
      name: (b) => this.nameOf(b),
      nameAt: (address) => this.byAddress(address)?.name,
    });
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

  /**
   * Stores the place of a board that has identified itself, and merges it with any node that has
   * the same uid.
   */
  #identified(board: Board, info: BoardInfo): void {
    const uid = info.uid;
    const address = board.transport?.address.text;
    if (!uid || isPlaceholderUid(uid)) return;
    const link = board.links.find((l) => l.found.address.text === address);
    const apart = this.#twins.toldApart(board, uid, this.boards);
    if (apart) {
      if (apart.shared) this.#tellShared(apart.shared);
      return;
    }
    this.services.known.seen(uid, link ? this.#placesOf(link.found) : [], info);
    const { namesBoards, known } = this.services;
    const named = namesBoards && nameNewBoard(uid, board, info, { known, boards: this.boards });
    if (named) this.#named.fire({ uid, name: named });
    const nodeUid = board.id.startsWith('uid:') ? board.id.slice(4) : undefined;
    const other =
      this.boards.find((b) => b !== board && b.uid === uid) ??
      (nodeUid && nodeUid !== uid ? this.#create(`uid:${uid}`) : undefined);
    if (other) this.#move(board, other, info);
  }

  #tellShared(shared: SharedIdentity): void {
    this.services.log.warn(sharedWords(shared));
    this.#shared.fire(shared);
  }

  #placesOf(found: Found): string[] {
    const usb = this.#usbKeys.of(found);
    return usb ? [usb, found.address.text] : [found.address.text];
  }

  /**
   * Moves the open link of `from` to `into`, the board at its end. `from` leaves the tree unless it
   * is a different board that is merely elsewhere (its adapter has no serial number and now carries
   * another board).
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
      if (from.links.length === 0 && !this.isNamed(from)) this.#drop(from);
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
