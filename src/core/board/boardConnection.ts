import type { LinkKind } from '../address';
import type { Link } from './board';
import type { BoardConsole } from './boardConsole';
import { stateOf, type BoardState } from './boardState';
import { asError, CancelledError } from '../errors';
import { DisposableStore } from '../events';
import { LinkOpener, type LinkServices } from './linkOpener';
import type { Transport } from '../transport';

/** What a connection needs of its board. */
export interface ConnectionHost {
  readonly name: string;
  readonly links: readonly Link[];
  readonly console: BoardConsole;
  /** A link is open: what the board at its end is has to be asked anew. */
  adopted(): void;
  changed(): void;
}

export interface ConnectOptions {
  signal?: AbortSignal;
  /** The link to use, whatever the order of preference says. */
  kind?: LinkKind;
}

/** The open link of a board: chosen, watched, and opened again when it is lost while it is wanted. */
export class BoardConnection {
  readonly #opener: LinkOpener;
  #transport: Transport | undefined;
  #subscriptions = new DisposableStore();
  #state: BoardState = { tag: 'disconnected' };
  /** The user (or the setting) wants this board connected. */
  #wanted = false;
  /** Counts what is begun, so that what was overtaken does not speak for the board. */
  #turn = 0;
  #connecting: Promise<void> | undefined;

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

  /** See Board.connect. Called while a link is being opened, it waits for that one. */
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

  /** A link has appeared. */
  linkAppeared(): void {
    this.#opener.retryNow();
  }

  /** Lets go of the open link without closing it: it is another board's. */
  release(): { transport: Transport; wanted: boolean } | undefined {
    const transport = this.#transport;
    if (!transport) return undefined;
    const wanted = this.#wanted;
    this.#turn++;
    this.#wanted = false;
    this.#detach();
    this.#set({ tag: 'disconnected' });
    return { transport, wanted };
  }

  /** Takes a link that another board has let go of, unless the own one is preferred. `told` is called before that link is closed. */
  async takeOver(transport: Transport, wanted: boolean, told: () => void): Promise<void> {
    const own = this.#transport;
    this.#wanted ||= wanted;
    if (own && this.#opener.rank(own.kind) <= this.#opener.rank(transport.kind)) {
      told();
      // The work that has shown who the board is still runs on that link: closing waits its turn.
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

  async #open(options: ConnectOptions): Promise<void> {
    const turn = ++this.#turn;
    const wasLost = this.#state.tag === 'reconnecting';
    this.#wanted = true;
    if (this.#transport) await this.#close();
    this.#set({ tag: 'connecting' });
    try {
      this.#adopt(await this.#opener.open(this.host, options));
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
    const { host } = this;
    this.#subscriptions.add(transport.onClose((cause) => this.#onClosed(transport, cause)));
    this.#subscriptions.add(transport.onActivity(() => this.#set(stateOf(transport.activity))));
    host.adopted();
    host.console.attach(transport);
    this.#set(stateOf(transport.activity));
  }

  /** The link has ended by itself. */
  #onClosed(transport: Transport, cause: Error | undefined): void {
    if (this.#transport !== transport) return;
    this.#detach();
    if (this.#wanted) void this.#reconnect(cause);
    else this.#set({ tag: 'disconnected', ...(cause ? { error: cause } : {}) });
  }

  /** Tries the other links and this one again, until one works or the user says no. Never rejects. */
  async #reconnect(cause: Error | undefined): Promise<void> {
    const turn = ++this.#turn;
    let last = cause;
    try {
      const transport = await this.#opener.reopen(this.host, (attempt, error) => {
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
