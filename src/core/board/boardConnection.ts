import type { Address, LinkKind } from '../address';
import type { Link } from './discovery';
import type { BoardConsole } from './boardConsole';
import { stateOf, type BoardState } from './boardState';
import { AsleepError, asError, CancelledError } from '../errors';
import { DisposableStore } from '../events';
import { LinkOpener, type LinkServices } from './linkOpener';
import type { Transport } from '../transport';

/** What a connection needs from its board. */
export interface ConnectionHost {
  readonly board: { readonly name: string; readonly links: readonly Link[] };
  readonly console: BoardConsole;
  /** A link is open: the board at its end must be identified again. */
  adopted(): void;
  changed(): void;
}

/** How to connect to a board. */
export interface ConnectOptions {
  signal?: AbortSignal;
  /** The kind of link to use, regardless of the order of preference. */
  kind?: LinkKind;
}

/**
 * A board's open link: chooses it, watches it, and reopens it if it is lost while the board is
 * wanted.
 */
export class BoardConnection {
  readonly #opener: LinkOpener;
  #transport: Transport | undefined;
  #subscriptions = new DisposableStore();
  #state: BoardState = { tag: 'disconnected' };
  /** The user (or a setting) wants this board connected. */
  #wanted = false;
  /** Counts attempts, so that an outdated attempt cannot change the state. */
  #turn = 0;
  #connecting: Promise<void> | undefined;
  /** The address of the last open link. */
  #last: Address | undefined;
  /** The board has sent something since the link was opened. */
  #heard = false;

  constructor(
    private readonly host: ConnectionHost,
    services: LinkServices,
  ) {
    this.#opener = new LinkOpener(services);
  }

  get transport(): Transport | undefined {
    return this.#transport;
  }

  get state(): BoardState {
    return this.#state;
  }

  get wanted(): boolean {
    return this.#wanted;
  }

  /** See Board.connect. If a link is already being opened, waits for that one. */
  async connect(options: ConnectOptions): Promise<void> {
    if (this.#transport && (!options.kind || this.#transport.kind === options.kind)) {
      this.#wanted = true;
      return;
    }
    if (this.#connecting && !options.kind) return this.#connecting;
    const connecting = this.#open(options).finally(() => {
      if (this.#connecting === connecting) this.#connecting = undefined;
    });
    this.#connecting = connecting;
    await connecting;
  }

  /** See Board.disconnect. */
  async disconnect(): Promise<void> {
    this.#turn++;
    this.#wanted = false;
    this.#opener.cancel();
    await this.#close();
    this.#set({ tag: 'disconnected' });
  }

  /**
   * Opens another port of the same device, after no prompt was found at the open one. Does nothing
   * if the open port has sent anything, because a program runs there.
   * @returns whether another port is open now that may have the prompt
   */
  async openOtherPort(signal: AbortSignal | undefined): Promise<boolean> {
    const open = this.#transport;
    if (!open || this.#heard) return false;
    const next = this.#opener.afterSilence(this.host.board.links, open.address);
    if (next) await this.#open({ kind: open.kind, ...(signal ? { signal } : {}) });
    return next === 'other';
  }

  /** Ends the pause between attempts, because a link has become available. */
  linkAppeared(): void {
    this.#opener.retryNow();
  }

  /** Gives up the open link without closing it, because it belongs to another board. */
  release(): { transport: Transport; wanted: boolean } | undefined {
    const transport = this.#transport;
    if (!transport) return undefined;
    const wanted = this.#wanted;
    this.#turn++;
    this.#detach();
    this.#wanted = false;
    this.#set({ tag: 'disconnected' });
    return { transport, wanted };
  }

  /**
   * Takes over a link that another board has released, unless the current link is preferred. Calls
   * `told` before the losing link is closed.
   */
  async takeOver(transport: Transport, wanted: boolean, told: () => void): Promise<void> {
    const own = this.#transport;
    this.#wanted ||= wanted;
    if (own && (this.#isSigned(own) || this.#ranksAs(own, transport))) {
      told();
      // The work that identified the board still runs on that link, so closing waits for its turn.
      await transport.withSession(() => Promise.resolve());
      await transport.close();
      return;
    }
    this.#turn++;
    this.#opener.cancel();
    this.#detach();
    this.#adopt(transport);
    told();
    await own?.close();
  }

  /**
   * Returns whether the link proves the board's identity with each answer. A cable whose board only
   * claims an id does not.
   */
  #isSigned({ address }: Transport): boolean {
    const link = this.host.board.links.find((l) => l.found.address.text === address.text);
    return address.kind === 'mqtt' && link?.found.unproven !== true;
  }

  #ranksAs(own: Transport, other: Transport): boolean {
    return this.#opener.rank(own.kind) <= this.#opener.rank(other.kind);
  }

  async #open(options: ConnectOptions): Promise<void> {
    const turn = ++this.#turn;
    const wasLost = this.#state.tag === 'reconnecting';
    this.#wanted = true;
    if (this.#transport) await this.#close();
    this.#set({ tag: 'connecting' });
    try {
      this.#adopt(await this.#opener.open(this.host.board, options));
    } catch (caught) {
      const error = asError(caught);
      if (turn !== this.#turn) throw error;
      if (wasLost) void this.#reconnect(error);
      else this.#giveUp(error);
      throw error;
    }
  }

  #giveUp(error: Error): void {
    this.#wanted = false;
    this.#set({ tag: 'disconnected', ...(error instanceof CancelledError ? {} : { error }) });
  }

  #adopt(transport: Transport): void {
    this.#transport = transport;
    this.#last = transport.address;
    const { host } = this;
    this.#subscriptions.add(transport.onClose((cause) => this.#onClosed(transport, cause)));
    this.#subscriptions.add(transport.onActivity(() => this.#set(stateOf(transport.activity))));
    host.adopted();
    this.#heard = false;
    this.#subscriptions.add(host.console.onData(() => (this.#heard = true)));
    host.console.attach(transport);
    this.#set(stateOf(transport.activity));
  }

  /** Handles the end of a link that was not closed here: reconnects a wanted board. */
  #onClosed(transport: Transport, cause: Error | undefined): void {
    if (this.#transport !== transport) return;
    this.#detach();
    const rests = cause instanceof AsleepError && this.#mayRest(transport);
    if (rests) this.#wanted = false;
    if (this.#wanted) void this.#reconnect(cause);
    else this.#set({ tag: 'disconnected', ...(cause && !rests ? { error: cause } : {}) });
  }

  /**
   * Returns whether a board that sleeps can be left alone when it wakes up: each new session keeps it awake, and its presence and its
   * messages arrive without one. Work that is started or that waits opens the link itself.
   */
  #mayRest({ address }: Transport): boolean {
    const { board, console } = this.host;
    const hasOther = board.links.some((l) => l.present && l.found.address.text !== address.text);
    return !hasOther && !console.isWatched;
  }

  /** Tries this link and the others until one works or the user gives up. Never rejects. */
  async #reconnect(cause: Error | undefined): Promise<void> {
    const turn = ++this.#turn;
    let last = cause;
    try {
      const transport = await this.#opener.reopen(this.host.board, this.#last, (attempt, error) => {
        last = error ?? last;
        this.#set({ tag: 'reconnecting', attempt, ...(last ? { error: last } : {}) });
      });
      if (transport) this.#adopt(transport);
      else if (turn === this.#turn) this.#giveUp(new CancelledError());
    } catch (error) {
      if (turn === this.#turn) this.#giveUp(asError(error));
    }
  }

  async #close(): Promise<void> {
    const transport = this.#transport;
    this.#detach();
    await transport?.close();
  }

  #detach(): void {
    this.#subscriptions.dispose();
    this.#subscriptions = new DisposableStore();
    this.#transport = undefined;
    this.host.console.detach();
  }

  #set(state: BoardState): void {
    this.#state = state;
    this.host.changed();
  }
}
