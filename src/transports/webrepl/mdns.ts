import type { MulticastDNS, ResponsePacket } from 'multicast-dns';
import type { Address } from '../../core/address';
import type { Clock } from '../../core/async';
import type { BoardSource, Found } from '../../core/board/discovery';
import { asError } from '../../core/errors';
import { Emitter, type Disposable } from '../../core/events';
import type { Log } from '../../core/log';
import {
  boardsInRecords,
  hostOf,
  webReplServices,
  type DnsRecord,
} from '../../core/webrepl/webreplFound';

/** The question is asked again so often; a board that has answered none of three is no longer there. */
const ASK_MS = 30_000;
const LOST_MS = 3 * ASK_MS + 5_000;

/** WebREPL boards that announce themselves by mDNS. Without a network, or where it is forbidden, there are none. */
export class MdnsSource implements BoardSource {
  readonly #changed = new Emitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #boards = new Map<string, { found: Found; heardAt: number }>();
  #mdns: MulticastDNS | undefined;
  #timer: Disposable | undefined;
  #disposed = false;

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    /** Boards that are known by a name in the local network: they are asked for by it. */
    private readonly knownHosts: () => readonly Address[] = () => [],
    /** For tests: another port and interface. */
    private readonly options: { port?: number; interface?: string; bind?: string } = {},
  ) {}

  get found(): readonly Found[] {
    return [...this.#boards.values()].map((board) => board.found);
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
    this.#forget();
    const services = webReplServices.map((name) => ({ name, type: 'PTR' as const }));
    const hosts = this.#hosts().map((address) => ({ name: hostOf(address), type: 'A' as const }));
    this.#mdns?.query({ questions: [...services, ...hosts] });
    this.#timer = this.clock.after(ASK_MS, () => this.#ask());
  }

  #hosts(): Address[] {
    return this.knownHosts().filter((address) => hostOf(address).endsWith('.local'));
  }

  #hear(response: ResponsePacket): void {
    const records = [...response.answers, ...response.additionals] as DnsRecord[];
    let changed = false;
    for (const found of boardsInRecords(records, this.#hosts())) {
      const known = this.#boards.get(found.address.text);
      changed ||= known?.found.label !== found.label;
      this.#boards.set(found.address.text, { found, heardAt: this.clock.now() });
    }
    if (changed) this.#changed.fire();
  }

  #forget(): void {
    const before = this.#boards.size;
    for (const [key, { heardAt }] of this.#boards) {
      if (this.clock.now() - heardAt > LOST_MS) this.#boards.delete(key);
    }
    if (this.#boards.size !== before) this.#changed.fire();
  }
}
