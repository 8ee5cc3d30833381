import type { LinkKind } from './address';
import { BoardConsole } from './boardConsole';
import type { BoardFiles } from './boardFiles';
import type { BoardInfo } from './boardInfo';
import { BoardJobs, type JobHost, type JobOptions, type StopAnswer } from './boardJobs';
import { stateOf, type BoardState } from './boardState';
import type { Found } from './discovery';
import { asError, CancelledError, ConnectionLostError, FleetError } from './errors';
import { DisposableStore, Emitter } from './events';
import { LinkOpener, type LinkServices } from './linkOpener';
import type { Session, SessionOptions, Transport } from './transport';

export type { JobOptions, StopAnswer } from './boardJobs';

/** What a board needs from the house. */
export interface BoardServices extends LinkServices {
  /** Reads what the board says of itself, in one exec. */
  readInfo(session: Session): Promise<BoardInfo>;
  /** The file verbs over a board's sessions. `label` is the words shown while one runs. */
  createFiles(
    withSession: <T>(
      work: (session: Session) => Promise<T>,
      options?: SessionOptions & { job?: string },
    ) => Promise<T>,
    board: Board,
  ): BoardFiles;
  /** Asks whether the running program may be stopped for `job`. Undefined: no. */
  mayStop(board: Board, job: string): Promise<StopAnswer>;
}

/** One way to reach a board. */
export interface Link {
  readonly found: Found;
  /** The port is plugged in, the host is known, the broker has it. */
  readonly present: boolean;
}

/**
 * One physical board, however it is reached. It is one node with its links beneath; the state is read from here and
 * nowhere else. Opening a link is passive: see Transport.open.
 */
export class Board {
  readonly console = new BoardConsole();
  readonly files: BoardFiles;
  /** The same for what nobody has asked for (a tree that is drawn): a running program is never asked about. */
  readonly quietFiles: BoardFiles;
  readonly #lifetime = new DisposableStore();
  readonly #changed = this.#lifetime.add(new Emitter<void>());
  readonly #identified = this.#lifetime.add(new Emitter<BoardInfo>());
  readonly onDidChange = this.#changed.event;
  /** Fired whenever the board has told what it is (the fleet then knows its uid). */
  readonly onDidIdentify = this.#identified.event;
  readonly #opener: LinkOpener;
  readonly #jobs: BoardJobs;
  #links: readonly Link[] = [];
  #transport: Transport | undefined;
  #connection = new DisposableStore();
  #state: BoardState = { tag: 'disconnected' };
  #info: Partial<BoardInfo> | undefined;
  /** The user (or the setting) wants this board connected: it is reconnected when the link is lost. */
  #wanted = false;
  #identifiedHere = false;

  constructor(
    /** Unique and stable while the board is in the tree: `uid:…`, a USB key or an address. */
    readonly id: string,
    private readonly services: BoardServices,
    private readonly labels: { name(board: Board): string },
  ) {
    this.#opener = new LinkOpener(services);
    this.#jobs = new BoardJobs(this.#jobHost());
    this.files = services.createFiles((work, options) => this.withSession(work, options), this);
    this.quietFiles = services.createFiles(
      (work, options) => this.withSession(work, { ...options, ask: false }),
      this,
    );
  }

  /** For display only: renaming never breaks routing. */
  get name(): string {
    return this.labels.name(this);
  }

  get uid(): string | undefined {
    return this.#info?.uid ?? this.#links.find((l) => l.found.uid)?.found.uid;
  }

  get links(): readonly Link[] {
    return this.#links;
  }

  /** At least one link can be tried. */
  get present(): boolean {
    return this.#links.some((l) => l.present);
  }

  /** The open link. */
  get transport(): Transport | undefined {
    return this.#transport;
  }

  get info(): Partial<BoardInfo> | undefined {
    return this.#info;
  }

  get state(): BoardState {
    if (this.#jobs.running) return { tag: 'running' };
    if (this.#jobs.current !== undefined) return { tag: 'busy', job: this.#jobs.current };
    if (this.#state.tag === 'disconnected' && !this.#state.error && this.#online) {
      return { tag: 'online' };
    }
    return this.#state;
  }

  get #online(): boolean {
    return this.#links.some((l) => l.found.online === true);
  }

  /** The fleet says where the board can be reached now. A wanted board comes back by itself. */
  setLinks(links: readonly Link[]): void {
    const appeared = links.some(
      (l) => l.present && !this.#links.some((o) => o.present && sameLink(o, l)),
    );
    this.#links = links;
    this.#info ??= links.find((l) => l.found.info)?.found.info;
    if (appeared) this.#opener.retryNow();
    this.#changed.fire();
    if (appeared && this.#wanted && this.#state.tag === 'disconnected') void this.#tryConnect();
  }

  /** Facts known from an earlier time or another source; what the board itself says replaces them. */
  hintInfo(info: Partial<BoardInfo> | undefined): void {
    if (!info || this.#identifiedHere) return;
    this.#info = info;
    this.#changed.fire();
  }

  /**
   * Opens a link: the preferred one that is present, or the one of `kind`. Sends nothing to the board.
   * @throws ConnectError, CancelledError
   */
  async connect(options: { signal?: AbortSignal; kind?: LinkKind } = {}): Promise<void> {
    this.#wanted = true;
    if (this.#transport && (!options.kind || this.#transport.kind === options.kind)) return;
    if (this.#transport) await this.#close();
    this.#set({ tag: 'connecting' });
    try {
      const transport = await this.#opener.open(this, options);
      this.#adopt(transport);
    } catch (error) {
      this.#wanted = false;
      this.#set({
        tag: 'disconnected',
        ...(error instanceof CancelledError ? {} : { error: asError(error) }),
      });
      throw error;
    }
  }

  /** Closes the link and stays disconnected until the user connects again. The program goes on running. */
  async disconnect(): Promise<void> {
    this.#wanted = false;
    this.#opener.cancel();
    await this.#close();
    this.#set({ tag: 'disconnected' });
  }

  /**
   * Exclusive use of the board, connecting first where that is needed. When a program runs and must be stopped,
   * `services.mayStop` is asked once; the program is started again afterwards if the answer says so.
   * @throws ProgramRunningError when it may not be stopped; what the work throws
   */
  withSession<T>(work: (session: Session) => Promise<T>, options: JobOptions = {}): Promise<T> {
    return this.#jobs.withSession(work, options);
  }

  /** Runs code and gives what it printed; see Session.exec. */
  exec(
    code: string | Uint8Array,
    options: JobOptions & {
      onStdout?: (chunk: Uint8Array) => void;
      idleTimeoutMs?: number;
    } = {},
  ): Promise<Uint8Array> {
    return this.withSession((session) => session.exec(code, options), {
      job: 'Running code',
      ...options,
    });
  }

  /** Keeps other work away while `work` types at the prompt through the console. */
  holdConsole(work: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    return this.#jobs.hold(work, signal);
  }

  /** Ctrl-C, also while a job runs. */
  async interrupt(): Promise<void> {
    await this.#require().interrupt();
  }

  /** Soft: boot.py and main.py run again. Hard: as if power had been cut; the board comes back by itself. */
  async reset(mode: 'soft' | 'hard', signal?: AbortSignal): Promise<void> {
    if (!this.#transport) await this.connect({ signal });
    await this.#jobs.run(() => this.#require().reset(mode, signal), signal);
  }

  /** Asks the board again what it is (free memory and flash change). */
  async refreshInfo(options: JobOptions = {}): Promise<BoardInfo> {
    return this.withSession(
      async (session) => {
        const info = await this.services.readInfo(session);
        this.#setInfo(info);
        return info;
      },
      { job: 'Reading board info', ...options },
    );
  }

  /**
   * Gives the open link to `other`, which is the board that really is at its far end (the uid has shown it). `info` is
   * what that board has said.
   */
  handOverTo(other: Board, info: BoardInfo): void {
    const transport = this.#transport;
    if (!transport) return;
    this.#connection.dispose();
    this.#connection = new DisposableStore();
    this.#transport = undefined;
    this.console.detach();
    this.#info = undefined;
    this.#identifiedHere = false;
    this.#set({ tag: 'disconnected' });
    other.#wanted = this.#wanted;
    void other
      .#takeOver(transport, info)
      .catch((e: unknown) => this.#logError('changing links', e));
  }

  /** Takes a link that another node has opened, unless the own one is preferred. */
  async #takeOver(transport: Transport, info: BoardInfo): Promise<void> {
    const own = this.#transport;
    if (own && this.#opener.rank(own.kind) <= this.#opener.rank(transport.kind)) {
      this.#setInfo(info, false);
      // The work that has shown who the board is still runs on that link: closing waits its turn.
      await transport.withSession(() => Promise.resolve());
      await transport.close();
      return;
    }
    this.#connection.dispose();
    this.#connection = new DisposableStore();
    this.#adopt(transport);
    this.#setInfo(info, false);
    await own?.close();
  }

  async dispose(): Promise<void> {
    await this.disconnect();
    this.#lifetime.dispose();
  }

  async #tryConnect(): Promise<void> {
    try {
      await this.connect();
    } catch (error) {
      this.#logError('connecting', error);
    }
  }

  #adopt(transport: Transport): void {
    this.#transport = transport;
    this.#identifiedHere = false;
    this.#connection.add(transport.onClose((cause) => void this.#onClosed(transport, cause)));
    this.#connection.add(transport.onActivity(() => this.#set(stateOf(transport.activity))));
    this.console.attach(transport);
    this.#set(stateOf(transport.activity));
  }

  /** The link has ended by itself: try the others and this one again, until it works or the user says no. */
  async #onClosed(transport: Transport, cause: Error | undefined): Promise<void> {
    if (this.#transport !== transport) return;
    this.#connection.dispose();
    this.#connection = new DisposableStore();
    this.#transport = undefined;
    this.console.detach();
    if (!this.#wanted) {
      this.#set({ tag: 'disconnected', ...(cause ? { error: cause } : {}) });
      return;
    }
    let last = cause;
    try {
      const again = await this.#opener.reopen(this, (attempt, error) => {
        last = error ?? last;
        this.#set({ tag: 'reconnecting', attempt, ...(last ? { error: last } : {}) });
      });
      if (again) this.#adopt(again);
      else if (!this.#isOpen()) this.#set({ tag: 'disconnected' });
    } catch (error) {
      this.#wanted = false;
      this.#set({ tag: 'disconnected', error: asError(error) });
    }
  }

  #jobHost(): JobHost {
    const name = () => this.name;
    const transport = () => this.#transport;
    return {
      get name() {
        return name();
      },
      get transport() {
        return transport();
      },
      ensureOpen: async (signal) => {
        if (!this.#transport) await this.connect({ signal });
        return this.#require();
      },
      identify: (session) => this.#identify(session),
      jobChanged: () => this.#changed.fire(),
      mayStop: (job) => this.services.mayStop(this, job),
    };
  }

  async #close(): Promise<void> {
    const transport = this.#transport;
    this.#connection.dispose();
    this.#connection = new DisposableStore();
    this.#transport = undefined;
    this.console.detach();
    await transport?.close();
  }

  async #identify(session: Session): Promise<void> {
    if (this.#identifiedHere) return;
    this.#identifiedHere = true;
    try {
      this.#setInfo(await this.services.readInfo(session));
    } catch (error) {
      this.#identifiedHere = false;
      if (error instanceof FleetError && error.code !== 'python') throw error;
      this.#logError('reading board info', error);
    }
  }

  #setInfo(info: BoardInfo, tell = true): void {
    this.#info = info;
    this.#identifiedHere = true;
    this.#changed.fire();
    if (tell) this.#identified.fire(info);
  }

  /** Asked after an await, since the link may have been opened meanwhile. */
  #isOpen(): boolean {
    return this.#transport !== undefined;
  }

  #require(): Transport {
    if (this.#transport) return this.#transport;
    throw new ConnectionLostError(`${this.name} is not connected`, {
      hint: 'Connect the board and try again.',
    });
  }

  #set(state: BoardState): void {
    this.#state = state;
    this.#changed.fire();
  }

  #logError(doing: string, error: unknown): void {
    this.services.log.warn(`${this.name}: ${doing} failed: ${asError(error).message}`);
  }
}

function sameLink(a: Link, b: Link): boolean {
  return a.found.address.text === b.found.address.text;
}
