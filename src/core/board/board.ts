import { BoardConnection, type ConnectionHost, type ConnectOptions } from './boardConnection';
import { BoardConsole } from './boardConsole';
import type { BoardFiles } from '../boardFiles';
import type { BoardInfo } from './boardInfo';
import { BoardJobs, type JobHost, type JobOptions, type StopAnswer } from './boardJobs';
import type { BoardState } from './boardState';
import type { Found } from './discovery';
import { asError, ConnectionLostError, FleetError } from '../errors';
import { DisposableStore, Emitter } from '../events';
import type { LinkServices } from './linkOpener';
import type { Session, SessionOptions, Transport } from '../transport';

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
  readonly console: BoardConsole;
  readonly files: BoardFiles;
  /** The same for what nobody has asked for (a tree that is drawn): a running program is never asked about. */
  readonly quietFiles: BoardFiles;
  readonly #lifetime = new DisposableStore();
  readonly #changed = this.#lifetime.add(new Emitter<void>());
  readonly #identified = this.#lifetime.add(new Emitter<BoardInfo>());
  readonly onDidChange = this.#changed.event;
  /** Fired whenever the board has told what it is (the fleet then knows its uid). */
  readonly onDidIdentify = this.#identified.event;
  readonly #connection: BoardConnection;
  readonly #jobs: BoardJobs;
  #links: readonly Link[] = [];
  #info: Partial<BoardInfo> | undefined;
  #identifiedHere = false;

  constructor(
    /** Unique and stable while the board is in the tree: `uid:…`, a USB key or an address. */
    readonly id: string,
    private readonly services: BoardServices,
    private readonly labels: { name(board: Board): string },
  ) {
    this.console = new BoardConsole(services.clock);
    this.#connection = new BoardConnection(this.#connectionHost(), services);
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
    return this.#connection.transport;
  }

  get info(): Partial<BoardInfo> | undefined {
    return this.#info;
  }

  get state(): BoardState {
    if (this.#jobs.running) return { tag: 'running' };
    if (this.#jobs.current !== undefined) return { tag: 'busy', job: this.#jobs.current };
    const { state } = this.#connection;
    const online = this.#links.some((l) => l.found.online === true);
    return state.tag === 'disconnected' && !state.error && online ? { tag: 'online' } : state;
  }

  /** The fleet says where the board can be reached now. A wanted board comes back by itself. */
  setLinks(links: readonly Link[]): void {
    const appeared = links.some(
      (l) => l.present && !this.#links.some((o) => o.present && sameLink(o, l)),
    );
    this.#links = links;
    // What a source tells now goes before what is known from earlier, and what the board itself said before both.
    const told = links.find((l) => l.found.info)?.found.info;
    if (told && !this.#identifiedHere) this.#info = { ...this.#info, ...told };
    if (appeared) this.#connection.linkAppeared();
    this.#changed.fire();
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
  connect(options: ConnectOptions = {}): Promise<void> {
    return this.#connection.connect(options);
  }

  /** Closes the link and stays disconnected until the user connects again. The program goes on running. */
  disconnect(): Promise<void> {
    return this.#connection.disconnect();
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
    if (!this.transport) await this.connect({ signal });
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
    const released = this.#connection.release();
    if (!released) return;
    this.#info = undefined;
    this.#identifiedHere = false;
    this.#changed.fire();
    const { transport, wanted } = released;
    other.#connection
      .takeOver(transport, wanted, () => other.#setInfo(info, false))
      .catch((error: unknown) => this.#logError('changing links', error));
  }

  async dispose(): Promise<void> {
    await this.disconnect();
    this.#lifetime.dispose();
  }

  #connectionHost(): ConnectionHost {
    const name = () => this.name;
    const links = () => this.#links;
    return {
      get name() {
        return name();
      },
      get links() {
        return links();
      },
      console: this.console,
      adopted: () => {
        this.#identifiedHere = false;
      },
      changed: () => this.#changed.fire(),
    };
  }

  #jobHost(): JobHost {
    const name = () => this.name;
    const transport = () => this.transport;
    return {
      get name() {
        return name();
      },
      get transport() {
        return transport();
      },
      ensureOpen: async (signal) => {
        if (!this.transport) await this.connect({ signal });
        return this.#require();
      },
      identify: (session) => this.#identify(session),
      jobChanged: () => this.#changed.fire(),
      typingOver: (signal) => this.console.typing.over(signal),
      mayStop: (job) => this.services.mayStop(this, job),
    };
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

  #require(): Transport {
    const { transport } = this;
    if (transport) return transport;
    throw new ConnectionLostError(`${this.name} is not connected`, {
      hint: 'Connect the board and try again.',
    });
  }

  #logError(doing: string, error: unknown): void {
    this.services.log.warn(`${this.name}: ${doing} failed: ${asError(error).message}`);
  }
}

function sameLink(a: Link, b: Link): boolean {
  return a.found.address.text === b.found.address.text;
}
