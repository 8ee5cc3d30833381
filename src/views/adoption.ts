import * as vscode from 'vscode';
import type { Board, Fleet } from '../core/board';
import { DisposableStore, type Disposable } from '../core/events';
import type { BrokerSecretStore } from './broker';
import { Coalescer } from './coalesce';

/** A broker announces thousands of boards one by one, so they are looked up in batches. */
const GATHER_MS = 100;
const IGNORED_KEY = 'mpyFleet.ignoredBoards';

/**
 * `own`: a board of this user. `new`: it announced itself at a broker; this computer has no key for
 * it and has not accepted it in open mode. `ignored`: the user does not want to see it.
 */
export type Standing = 'own' | 'new' | 'ignored';

export interface AdoptionServices {
  readonly fleet: Fleet;
  readonly secrets: Pick<BrokerSecretStore, 'boardKey' | 'acceptsOpen'>;
  /** Fired when a key was stored or removed. */
  readonly onDidChangeSecrets: vscode.Event<unknown>;
  /** The address of a broker, by its id. */
  readonly brokerUrl: (id: string) => string | undefined;
  readonly state: vscode.Memento;
  onError(error: unknown): void;
}

/**
 * Decides which boards at brokers are the user's own. A board that is or was on a cable or WebREPL
 * here always is.
 */
export class Adoption implements Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new vscode.EventEmitter<void>());
  readonly onDidChange = this.#changed.event;
  /**
   * By unique id: whether this computer may work with the board. A missing entry means that the
   * lookup is in progress.
   */
  readonly #mayWork = new Map<string, boolean>();
  #ignored: ReadonlySet<string>;

  constructor(private readonly services: AdoptionServices) {
    const { fleet, state } = services;
    this.#ignored = new Set(state.get<readonly string[]>(IGNORED_KEY, []));
    const changed = this.#store.add(
      new Coalescer<Board>(GATHER_MS, (boards) => this.#look(boards)),
    );
    this.#store.add(fleet.onDidChangeBoard((board) => changed.add(board)));
    const listed = this.#store.add(new Coalescer<true>(GATHER_MS, () => this.#look(fleet.boards)));
    this.#store.add(fleet.onDidChangeList(() => listed.add(true)));
    this.#store.add(services.onDidChangeSecrets(() => this.refresh()));
    this.#look(fleet.boards);
  }

  standingOf({ uid, links }: Pick<Board, 'uid' | 'links'>): Standing {
    if (uid === undefined) return 'own';
    if (this.#ignored.has(uid)) return 'ignored';
    const isAtBroker = links.length > 0 && links.every((l) => l.found.address.kind === 'mqtt');
    return isAtBroker && this.#mayWork.get(uid) === false ? 'new' : 'own';
  }

  /** The unique ids of ignored boards. */
  get ignored(): ReadonlySet<string> {
    return this.#ignored;
  }

  async setIgnored(uids: readonly string[], isIgnored: boolean): Promise<void> {
    const next = new Set(this.#ignored);
    for (const uid of uids) {
      if (isIgnored) next.add(uid);
      else next.delete(uid);
    }
    this.#ignored = next;
    this.#changed.fire();
    await this.services.state.update(IGNORED_KEY, [...next]);
  }

  /** Looks all boards up again: keys or accepted boards have changed. */
  refresh(): void {
    this.#mayWork.clear();
    this.#look(this.services.fleet.boards);
    this.#changed.fire();
  }

  dispose(): void {
    this.#store.dispose();
  }

  /** Fires one change for a whole list, because a broker announces thousands of boards at once. */
  #look(boards: readonly Board[]): void {
    const asked: Promise<boolean>[] = [];
    for (const { uid, links } of boards) {
      if (uid === undefined || this.#mayWork.has(uid)) continue;
      // Boards in open mode have no key; the user is asked when one is opened.
      if (!links.some((l) => l.found.details?.mode === 'signed')) continue;
      const addresses = links.map((l) => l.found.address);
      const brokers = addresses.flatMap((a) => (a.kind === 'mqtt' ? [a.broker] : []));
      if (brokers.length === 0) continue;
      this.#mayWork.set(uid, true);
      asked.push(this.#isNew(uid, brokers));
    }
    if (asked.length === 0) return;
    Promise.all(asked).then(
      (isNew) => {
        if (isNew.includes(true)) this.#changed.fire();
      },
      (error: unknown) => this.services.onError(error),
    );
  }

  async #isNew(uid: string, brokers: readonly string[]): Promise<boolean> {
    const { secrets, brokerUrl } = this.services;
    if (await secrets.boardKey(uid)) return false;
    for (const id of brokers) {
      const url = brokerUrl(id);
      if (url !== undefined && (await secrets.acceptsOpen({ id, url }, uid))) return false;
    }
    this.#mayWork.set(uid, false);
    return true;
  }
}
