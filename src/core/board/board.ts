import * as l10n from '@vscode/l10n';
import { BoardConnection, type ConnectOptions } from './boardConnection';
import { BoardConsole } from './boardConsole';
import type { BoardFiles } from '../boardFiles';
import type { BoardInfo } from './boardInfo';
import { BoardJobs, type ExecOptions, type JobHost, type JobOptions } from './boardJobs';
import { hasNewLink } from './boardLinks';
import type { BoardState } from './boardState';
import type { Asleep, Link } from './discovery';
import { checkMeant } from './meantBoard';
import { asError, FleetError } from '../errors';
import { DisposableStore, Emitter } from '../events';
import {
  audited,
  clockAgainst,
  notConnected,
  type BoardClock,
  type BoardLabels,
  type BoardServices,
  type Crash,
} from './boardServices';
import type { Session, Transport } from '../transport';

export type { JobOptions, StopAnswer } from './boardJobs';

/**
 * One physical board, however it is reached: one node in the tree, with its links below. This is
 * the only source of its state. Opening a link is passive: see Transport.open.
 */
export class Board {
  readonly console: BoardConsole;
  readonly files: BoardFiles;
  /** The file verbs for background work such as drawing the tree: they never ask to stop a program. */
  readonly quietFiles: BoardFiles;
  readonly #lifetime = new DisposableStore();
  readonly #changed = this.#lifetime.add(new Emitter<void>());
  readonly #identified = this.#lifetime.add(new Emitter<BoardInfo>());
  readonly onDidChange = this.#changed.event;
  /** Fired whenever the board has described itself; the fleet then knows its uid. */
  readonly onDidIdentify = this.#identified.event;
  readonly #connection: BoardConnection;
  readonly #jobs: BoardJobs;
  #links: readonly Link[] = [];
  #info: Partial<BoardInfo> | undefined;
  #identifiedHere = false;
  #crash: Crash | undefined;
  #clock: BoardClock | undefined;

  constructor(
    /** Unique, and stable while the board is in the tree: `uid:…`, a USB key or an address. */
    readonly id: string,
    private readonly services: BoardServices,
    private readonly labels: BoardLabels,
  ) {
    this.console = new BoardConsole(services.clock);
    this.#connection = new BoardConnection(
      {
        board: this,
        console: this.console,
        adopted: () => (this.#identifiedHere = false),
        changed: () => this.#changed.fire(),
      },
      services,
    );
    this.#jobs = new BoardJobs(this.#jobHost());
    this.files = services.createFiles((work, options) => this.withSession(work, options), this);
    this.quietFiles = services.createFiles(
      (work, options) => this.withSession(work, { ...options, ask: false }),
      this,
    );
  }

  /** For display only, so renaming never affects routing. */
  get name(): string {
    return this.labels.name(this);
  }

  get uid(): string | undefined {
    return this.#info?.uid ?? this.#links.find((l) => l.found.uid)?.found.uid;
  }

  get links(): readonly Link[] {
    return this.#links;
  }

  /** Whether at least one link can be tried. */
  get present(): boolean {
    return this.#links.some((l) => l.present);
  }

  /** When the board wakes up; undefined unless it has said that it sleeps and cannot be reached. */
  get asleep(): Asleep | undefined {
    return this.present ? undefined : this.#links.find((l) => l.found.asleep)?.found.asleep;
  }

  /** The open link. */
  get transport(): Transport | undefined {
    return this.#connection.transport;
  }

  /** The user (or a setting) wants the board connected: a lost link is reopened when possible. */
  get wanted(): boolean {
    return this.#connection.wanted;
  }

  get info(): Partial<BoardInfo> | undefined {
    return this.#info;
  }

  /** Whether the board at the end of this link has described itself. */
  get isIdentified(): boolean {
    return this.#identifiedHere;
  }

  /** Set while the board's program counts as crashed. */
  get crash(): Crash | undefined {
    return this.#crash;
  }

  /** Records a crash of the board's program; undefined: the program counts as healthy again. */
  noteCrash(last: string | undefined): void {
    if (last === undefined && this.#crash === undefined) return;
    this.#crash = last === undefined ? undefined : { count: (this.#crash?.count ?? 0) + 1, last };
    this.#changed.fire();
  }

  /** Undefined until the board has sent its time. */
  get clock(): BoardClock | undefined {
    return this.#clock;
  }

  /** Notes the board's clock: `seconds` since 1970, in the board's local time. */
  noteClock(seconds: number | undefined): void {
    this.#clock = seconds === undefined ? undefined : clockAgainst(seconds);
  }

  get state(): BoardState {
    if (this.#jobs.running) return { tag: 'running' };
    if (this.#jobs.current !== undefined) return { tag: 'busy', job: this.#jobs.current };
    const { state } = this.#connection;
    const online = this.#links.some((l) => l.present && l.found.online === true);
    return state.tag === 'disconnected' && !state.error && online ? { tag: 'online' } : state;
  }

  /** Sets the links on which the board can be reached; the fleet calls it. Reconnects a wanted board. */
  setLinks(links: readonly Link[]): void {
    const appeared = hasNewLink(this.#links, links);
    this.#links = links;
    // The board's own answers take priority, then a source's current facts, then stored facts.
    const told = links.find((l) => l.found.info)?.found.info;
    if (told && !this.#identifiedHere) this.#info = { ...this.#info, ...told };
    if (appeared) this.#connection.linkAppeared();
    this.#changed.fire();
  }

  /** Adds facts from an earlier time or another source; the board's own answers replace them. */
  hintInfo(info: Partial<BoardInfo> | undefined): void {
    if (!info || this.#identifiedHere) return;
    this.#info = info;
    this.#changed.fire();
  }

  /** Forgets the unique id, because other boards report the same one. */
  withoutUid(): void {
    if (this.#info?.uid === undefined) return;
    this.#info = { ...this.#info, uid: undefined };
    this.#changed.fire();
  }

  /**
   * Opens a link: the preferred one that is present, or the one of `kind`. Sends nothing to the board.
   * @throws ConnectError, CancelledError
   */
  connect(options: ConnectOptions = {}): Promise<void> {
    return this.#connection.connect(options);
  }

  /** Closes the link until the user connects again. The program keeps running. */
  disconnect(): Promise<void> {
    return this.#connection.disconnect();
  }

  /**
   * Runs `work` with exclusive use of the board, connecting first if necessary. If a running
   * program must be stopped, `services.mayStop` is asked once, and its answer says whether the
   * program is restarted afterwards.
   * @throws ProgramRunningError when it may not be stopped; any error of the work
   */
  withSession<T>(work: (session: Session) => Promise<T>, options: JobOptions = {}): Promise<T> {
    const { job = l10n.t('Working'), looks, ask } = options;
    const run = () => this.#jobs.withSession(work, options);
    // Work that no user requested is not an operation of theirs.
    return looks || ask === false ? run() : audited(this, this.services, job, run);
  }

  /** Runs code and returns its output; see Session.exec. */
  exec(code: string | Uint8Array, options: ExecOptions = {}): Promise<Uint8Array> {
    return this.withSession((session) => session.exec(code, options), {
      job: l10n.t('Running code'),
      ...options,
    });
  }

  /** Blocks other work while `work` types at the prompt through the console. */
  holdConsole(work: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    return this.#jobs.hold(work, signal);
  }

  /** Sends Ctrl-C, even while a job runs. */
  async interrupt(): Promise<void> {
    await audited(this, this.services, l10n.t('Interrupting'), () => this.#require().interrupt());
  }

  /** Resets the board. Soft: main.py runs again. Hard: like a power cycle; the board reconnects. */
  async reset(mode: 'soft' | 'hard', signal?: AbortSignal): Promise<void> {
    const what = mode === 'hard' ? l10n.t('Hard reset') : l10n.t('Soft reset');
    await audited(this, this.services, what, async () => {
      if (!this.transport) await this.connect({ signal });
      await this.#jobs.run(() => this.#require().reset(mode, signal), signal);
    });
  }

  /** Reads the board's description again, since free memory and flash change. */
  refreshInfo(options: JobOptions = {}): Promise<BoardInfo> {
    const read = async (session: Session) => {
      const info = await this.services.readInfo(session);
      this.#setInfo(info);
      return info;
    };
    return this.withSession(read, { job: l10n.t('Reading board info'), looks: true, ...options });
  }

  /** Hands the open link over to `other`, the board at its far end by the uid. `info`: that board's description. */
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

  #jobHost(): JobHost {
    return {
      board: this,
      ensureOpen: async (signal) => {
        if (!this.transport) await this.connect({ signal });
        return this.#require();
      },
      openOtherPort: (signal) => this.#connection.openOtherPort(signal),
      identify: (session) => this.#identify(session),
      jobChanged: () => this.#changed.fire(),
      typingOver: (signal) => this.console.typing.over(signal),
      mayStop: (job, isRun) => this.services.mayStop(this, job, isRun),
    };
  }

  async #identify(session: Session): Promise<void> {
    if (this.#identifiedHere) return;
    this.#identifiedHere = true;
    const { name, uid, transport } = this;
    try {
      const info = await this.services.readInfo(session);
      this.#setInfo(info); // the fleet then moves the link to the board with this uid
      if (transport) checkMeant({ name, uid }, info.uid, transport.address, this.labels);
    } catch (error) {
      this.#identifiedHere = false;
      if (error instanceof FleetError && error.code !== 'python') throw error;
      this.#logError('reading board info', error);
    }
  }

  #setInfo(info: BoardInfo, tell = true): void {
    this.#info = info;
    this.noteClock(info.time);
    this.#identifiedHere = true;
    this.#changed.fire();
    if (tell) this.#identified.fire(info);
  }

  #require(): Transport {
    if (this.transport) return this.transport;
    throw notConnected(this.name);
  }

  #logError(doing: string, error: unknown): void {
    this.services.log.warn(`${this.name}: ${doing} failed: ${asError(error).message}`);
  }
}
