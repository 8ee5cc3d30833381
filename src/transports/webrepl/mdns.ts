import type { MulticastDNS, ResponsePacket } from 'multicast-dns';
import type { WebReplAddress } from '../../core/address';
import type { Clock } from '../../core/async';
import type { BoardSource, Found } from '../../core/board';
import { asError } from '../../core/errors';
import { Emitter, type Disposable } from '../../core/events';
import type { Log } from '../../core/log';
import {
  boardsInRecords,
  hostOf,
  webReplServices,
  type DnsRecord,
} from '../../core/webrepl/webreplFound';
import { HeardBoards } from './heardBoards';

/** Milliseconds between queries; a board that misses three answers counts as gone. */
const ASK_MS = 30_000;
const LOST_MS = 3 * ASK_MS + 5_000;

/**
 * WebREPL boards that announce themselves by mDNS. Finds none without a network, or where mDNS is
 * blocked.
 */
export class MdnsSource implements BoardSource {
  readonly #changed = new Emitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #boards: HeardBoards;
  #mdns: MulticastDNS | undefined;
  #timer: Disposable | undefined;
  #disposed = false;

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    /** Boards known by a name on the local network, which are queried by that name. */
    private readonly knownHosts: () => readonly WebReplAddress[] = () => [],
    /** For tests: another port and interface. */
    private readonly options: { port?: number; interface?: string; bind?: string } = {},
  ) {
    this.#boards = new HeardBoards(clock, LOST_MS);
  }

  get found(): readonly Found[] {
    return this.#boards.found;
  }

  start(): void {
    this.#listen().catch((error: unknown) => {
      this.log.info(`Boards are not looked for by mDNS: ${asError(error).message}`);
    });
  }

  dispose(): void {
    this.#disposed = true;
    this.#timer?.dispose();
    this.#mdns?.destroy();
    this.#changed.dispose();
  }

  async #listen(): Promise<void> {
    const { default: multicastDns } = await import('multicast-dns');
    if (this.#disposed) return;
    const mdns = multicastDns(this.options);
    this.#mdns = mdns;
    mdns.on('error', (error) => this.log.debug(`mDNS: ${error.message}`));
    mdns.on('warning', (error) => this.log.debug(`mDNS: ${error.message}`));
    mdns.on('response', (response) => this.#hear(response));
    this.#ask();
  }

  #ask(): void {
    if (this.#boards.forget()) this.#changed.fire();
    const services = webReplServices.map((name) => ({ name, type: 'PTR' as const }));
    const hosts = this.#hosts().map((address) => ({ name: hostOf(address), type: 'A' as const }));
    this.#mdns?.query({ questions: [...services, ...hosts] });
    this.#timer = this.clock.after(ASK_MS, () => this.#ask());
  }

  #hosts(): WebReplAddress[] {
    return this.knownHosts().filter((address) => hostOf(address).endsWith('.local'));
  }

  #hear(response: ResponsePacket): void {
    const records = [...response.answers, ...response.additionals] as DnsRecord[];
    let changed = false;
    for (const found of boardsInRecords(records, this.#hosts())) {
      const { before, isKept } = this.#boards.hear(found);
      changed ||= isKept && before?.label !== found.label;
    }
    if (changed) this.#changed.fire();
  }
}
