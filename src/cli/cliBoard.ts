import type { Address } from '../core/address';
import type { BoardFiles } from '../core/boardFiles';
import { text } from '../core/bytes';
import { ConnectionLostError, ProgramRunningError } from '../core/errors';
import type { Selectable } from '../core/many/selector';
import type { Session, SessionOptions, Transport } from '../core/transport';
import type { CliBrokers } from './brokers';
import type { Links } from './links';

/** How a running program may be treated. */
export interface StopPolicy {
  readonly stop: boolean;
  readonly restart: boolean;
}

/** A board as the command line has it: one address, opened when it is first needed, closed at the end. */
export class CliBoard implements Selectable {
  readonly addresses: readonly string[];
  readonly brokers: readonly string[];
  readonly state: string;
  #files: BoardFiles | undefined;
  #transport: Promise<Transport> | undefined;
  #cwd: string | undefined;
  #stopped = false;

  constructor(
    readonly name: string,
    readonly address: Address,
    private readonly links: Links,
    private readonly policy: StopPolicy,
    readonly tags: readonly string[] = [],
    readonly platform?: string,
    readonly uid?: string,
    online?: boolean,
  ) {
    this.addresses = [address.text];
    const broker = /^mq\w+:\/\/([^/]+)/.exec(address.text)?.[1];
    this.brokers = broker === undefined ? [] : [broker];
    this.state = online === undefined ? 'disconnected' : online ? 'online' : 'offline';
  }

  /** Where boards behind one broker are reached together. */
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

  /** The open link; opening it disturbs nothing on the board. */
  transport(signal: AbortSignal): Promise<Transport> {
    this.#transport ??= this.#open(signal);
    return this.#transport;
  }

  async #open(signal: AbortSignal): Promise<Transport> {
    const transport = await this.links.openTransport(this.address);
    try {
      await transport.open(signal);
      return transport;
    } catch (error) {
      await transport.close();
      throw error;
    }
  }

  /** Work at the board's prompt. A running program is stopped only if --stop allows it. */
  async withSession<T>(
    work: (session: Session) => Promise<T>,
    options: SessionOptions = {},
  ): Promise<T> {
    const transport = await this.transport(options.signal ?? new AbortController().signal);
    try {
      return await transport.withSession(work, options);
    } catch (error) {
      if (!(error instanceof ProgramRunningError)) throw error;
      if (!this.policy.stop) throw new ProgramRunningError(this.name);
      this.#stopped = true;
      return await transport.withSession(work, { ...options, mayInterrupt: true });
    }
  }

  /** `path` made absolute on the board: a relative one is below the board's current folder (`/flash` on some). */
  async resolve(path: string, signal: AbortSignal): Promise<string> {
    if (path.startsWith('/')) return path;
    this.#cwd ??= await this.withSession(
      async (session) =>
        text(await session.exec('import os\nprint(os.getcwd(), end="")', { signal })),
      { signal },
    );
    if (!this.#cwd.startsWith('/')) {
      throw new ConnectionLostError(`${this.name} does not tell its current folder`, {
        hint: 'Give paths on the board from the root, beginning with "/".',
      });
    }
    return path === '' ? this.#cwd : `${this.#cwd.replace(/\/$/, '')}/${path}`;
  }

  /** Starts a stopped program again if --restart says so. */
  async finish(signal: AbortSignal): Promise<void> {
    if (!this.#stopped || !this.policy.restart) return;
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
