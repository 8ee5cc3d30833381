import type { Address } from '../../core/address';
import type { AgentControl } from '../../core/agent';
import type { BoardFiles } from '../../core/boardFiles';
import {
  ConnectionLostError,
  FleetError,
  OtherBoardError,
  ProgramRunningError,
  UsageError,
} from '../../core/errors';
import { text } from '../../core/bytes';
import { checkMeant, type Lent, type ManyStopAnswer } from '../../core/board';
import { untilThere } from '../../core/broker/announced';
import { withEitherNames } from '../../core/python/firmwareNames';
import type { Selectable } from '../../core/many';
import type { Session, SessionOptions, Transport } from '../../core/transport';
import type { CliBrokers } from '../broker';
import type { Options } from '../table';
import { bestReport, joinReports } from './atBrokers';
import type { Links } from './links';
import { isMissing } from '../../core/files';

const CWD_CODE = withEitherNames('import os\nimport sys\nsys.stdout.write(os.getcwd())');

/** Returns how the options --stop and --restart treat running programs. */
export function programsOf({ stop, restart }: Pick<Options, 'stop' | 'restart'>): ManyStopAnswer {
  if (!stop) return 'leave';
  return restart ? 'stopAndRestart' : 'stop';
}

/** Facts about a board that are known before its link is open. */
export interface BoardFacts {
  readonly tags?: readonly string[];
  readonly platform?: string;
  readonly uid?: string;
  /** Whether its broker lists it as connected; undefined for other links. */
  readonly online?: boolean;
  /** Problems that it tells at its broker. */
  readonly marks?: readonly string[];
  /** Canonical texts of all its addresses, if it has several. */
  readonly addresses?: readonly string[];
  /** How the window sees it, if the command runs in one. */
  readonly seen?: Pick<Selectable, 'addresses' | 'state' | 'marks' | 'brokers'>;
  /** What a device file adds to name and tags. */
  readonly lent?: Lent;
}

/** A board of the command line: one address, opened on first use and closed at the end. */
export class CliBoard implements Selectable {
  readonly addresses: readonly string[];
  readonly brokers: readonly string[];
  readonly state: string;
  readonly marks?: readonly string[];
  readonly tags: readonly string[];
  readonly platform?: string;
  readonly uid?: string;
  #files: BoardFiles | undefined;
  #transport: Promise<Transport> | undefined;
  #cwd: string | undefined;
  #stopped = false;
  #address: Address;
  /** Other ports to try if the open one stays silent. The first port is tried again last. */
  #nextPorts: readonly Address[] = [];
  /** The board has sent something since the link was opened. */
  #heard = false;
  /** The board at the open link is the one that was meant. */
  #isMeant: boolean;

  constructor(
    readonly name: string,
    address: Address,
    private readonly links: Links,
    private readonly programs: ManyStopAnswer,
    private readonly facts: BoardFacts = {},
  ) {
    const { tags = [], platform, uid, online, seen, marks } = facts;
    this.#address = address;
    this.tags = tags;
    this.platform = platform;
    this.uid = uid;
    // A window and a broker check it themselves; the port of the same board may hold another one.
    this.#isMeant = seen !== undefined || address.kind === 'mqtt';
    this.addresses = seen?.addresses ?? facts.addresses ?? [address.text];
    this.marks = seen?.marks ?? marks;
    // The broker of the link in use comes first.
    const texts = [address.text, ...this.addresses];
    const brokers = texts.flatMap((text) => /^mq\w+:\/\/([^/]+)/.exec(text)?.[1] ?? []);
    this.brokers = seen?.brokers ?? [...new Set(brokers)];
    this.state =
      seen?.state ?? (online === undefined ? 'not connected' : online ? 'online' : 'away');
  }

  get address(): Address {
    return this.#address;
  }

  get lent(): Lent | undefined {
    return this.facts.lent;
  }

  get seen(): BoardFacts['seen'] {
    return this.facts.seen;
  }

  /** Returns this board, reached at another of its addresses. */
  via(address: Address): CliBoard {
    if (address.text === this.#address.text) return this;
    return this.shownAs(this.name, address);
  }

  /** Returns this board with another name, for one that has none. */
  shownAs(name: string, address = this.#address): CliBoard {
    return new CliBoard(name, address, this.links, this.programs, this.facts);
  }

  /** Adds other ports of the same device: some boards have a port for data next to the one with the prompt. */
  withOtherPorts(ports: readonly Address[]): this {
    this.#nextPorts = ports.length > 0 ? [...ports, this.#address] : [];
    return this;
  }

  /** Delivers a file to all boards behind one broker. */
  get brokersLink(): CliBrokers {
    return this.links.brokers;
  }

  get files(): BoardFiles {
    this.#files ??= this.links.createFiles(
      (work, options) => this.withSession(work, options),
      this.name,
    );
    return this.#files;
  }

  /**
   * Returns the agent on the board, for requests beyond code and files.
   * @throws UsageError for a board that is not behind a broker
   */
  async agent(): Promise<AgentControl> {
    return this.links.brokers.agent(await this.#agentAddress());
  }

  /** Returns the address at a broker, also of a board that is reached over its cable now. */
  async #agentAddress(): Promise<Address> {
    const { brokers, registry } = this.links;
    const { kind } = this.#address;
    if (kind === 'mqtt' || this.uid === undefined || !brokers.configured) return this.#address;
    const { own } = joinReports(registry, await brokers.discover(() => undefined));
    const entry = registry.boards.find((b) => b.name === this.name && b.uid === this.uid);
    const reports = (entry && own.get(entry)) ?? [];
    return bestReport(reports, this.#address)?.address ?? this.#address;
  }

  /**
   * Adapts the board to updates over the air.
   * @throws UsageError for a board that is not behind a broker
   */
  async overTheAir() {
    const { brokers } = this.links;
    const address = await this.#agentAddress();
    const at = await brokers.agentAt(address);
    if (!at) {
      await brokers.agent(address);
      throw new UsageError(`${this.name} is not behind a broker`);
    }
    return { name: this.name, files: this.files, ...at };
  }

  /** Resolves when the board has announced itself at its broker, or after `ms` milliseconds. */
  async arrives(ms: number, signal: AbortSignal): Promise<void> {
    const { broker, uid } = await this.overTheAir();
    await untilThere(broker, uid, signal, ms);
  }

  /** Returns the open link. Opening it does not disturb the board's program. */
  transport(signal: AbortSignal): Promise<Transport> {
    this.#transport ??= this.#open(signal);
    return this.#transport;
  }

  async #open(signal: AbortSignal): Promise<Transport> {
    const transport = await this.links.openTransport(this.address);
    try {
      await transport.open(signal);
      this.#heard = false;
      transport.terminal()?.onData(() => (this.#heard = true));
      return transport;
    } catch (error) {
      await transport.close();
      throw error;
    }
  }

  /** Runs work at the board's prompt. Stops a running program only if --stop allows it. */
  async withSession<T>(
    work: (session: Session) => Promise<T>,
    options: SessionOptions = {},
  ): Promise<T> {
    const transport = await this.transport(options.signal ?? new AbortController().signal);
    try {
      return await transport.withSession((session) => this.#asMeant(session, work), options);
    } catch (error) {
      if (!(error instanceof ProgramRunningError)) throw error;
      if (await this.#openOtherPort()) return this.withSession(work, options);
      if (this.programs === 'leave') throw new ProgramRunningError(this.name);
      this.#stopped = true;
      const open = await this.transport(options.signal ?? new AbortController().signal);
      try {
        return await open.withSession((session) => this.#asMeant(session, work), {
          ...options,
          mayInterrupt: true,
        });
      } catch (refused) {
        if (refused instanceof OtherBoardError) await open.reset('soft'); // its program runs again
        throw refused;
      }
    }
  }

  /** Runs work at the board whose unique id the configuration names, and at no other. */
  async #asMeant<T>(session: Session, work: (session: Session) => Promise<T>): Promise<T> {
    if (!this.#isMeant && this.uid !== undefined) {
      checkMeant(
        { name: this.name, uid: this.uid },
        (await this.links.readInfo(session)).uid,
        this.address,
      );
    }
    this.#isMeant = true;
    return work(session);
  }

  /** Tries the next port if the open one stayed silent. Returns whether the prompt may be there. */
  async #openOtherPort(): Promise<boolean> {
    const [next, ...rest] = this.#nextPorts;
    if (this.#heard || !next) return false;
    await this.close();
    this.#address = next;
    this.#nextPorts = rest;
    return rest.length > 0;
  }

  /**
   * Makes `path` absolute on the board: a relative one is below the board's current folder
   * (`/flash` on some).
   */
  async resolve(path: string, signal: AbortSignal): Promise<string> {
    if (path.startsWith('/')) return path;
    this.#cwd ??= await this.#currentFolder(signal);
    if (!this.#cwd.startsWith('/')) {
      throw new ConnectionLostError(`${this.name} did not report its current folder`, {
        hint: 'Give paths on the board from the root, starting with "/".',
      });
    }
    return path === '' ? this.#cwd : `${this.#cwd.replace(/\/$/, '')}/${path}`;
  }

  /** Asking needs a key that may run code; for others, which may list files, it is the root. */
  async #currentFolder(signal: AbortSignal): Promise<string> {
    try {
      return await this.withSession(
        async (session) => text(await session.exec(CWD_CODE, { signal })),
        { signal },
      );
    } catch (error) {
      if (error instanceof FleetError && error.code === 'agentRefused') return '/';
      throw error;
    }
  }

  /** Returns whether the absolute `path` is a folder on the board. */
  async isFolder(path: string, signal: AbortSignal): Promise<boolean> {
    if (path === '/') return true;
    try {
      return (await this.files.stat(path, signal)).type === 'dir';
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /** Gives the port to another program. A window gets it back at the end. */
  handOver(): void {
    this.links.handOver?.(this.address);
  }

  /** Restarts a stopped program if --restart was given. */
  async finish(signal: AbortSignal): Promise<void> {
    if (!this.#stopped || this.programs !== 'stopAndRestart') return;
    await (await this.transport(signal)).reset('soft', signal);
  }

  async close(): Promise<void> {
    const opening = this.#transport;
    this.#transport = undefined;
    if (!opening) return;
    const transport = await opening.catch(() => undefined); // it was closed when it failed to open
    await transport?.close();
  }
}
