import type { Socket } from 'node:dgram';
import type { Clock } from '../../core/async';
import type { BoardSource, Found } from '../../core/board';
import { asError } from '../../core/errors';
import { Emitter, type Disposable } from '../../core/events';
import type { Log } from '../../core/log';
import { BEACON_PORT, boardInBeacon } from '../../core/webrepl/beacon';
import { MOST_BOARDS } from '../../core/webrepl/webreplFound';

/** Milliseconds after its last beacon at which a board counts as gone; it sends one every few seconds. */
const LOST_MS = 30_000;

/** Boards that announce themselves by UDP, as those of iot-kernel do. */
export class BeaconSource implements BoardSource {
  readonly #changed = new Emitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #boards = new Map<string, { found: Found; heardAt: number }>();
  #socket: Socket | undefined;
  #timer: Disposable | undefined;
  #disposed = false;

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    /** For tests: another port and interface. */
    private readonly options: { port?: number; address?: string } = {},
  ) {}

  get found(): readonly Found[] {
    return [...this.#boards.values()].map((board) => board.found);
  }

  /** The port that is listened to, once it is. */
  get port(): number | undefined {
    return this.#socket?.address().port;
  }

  start(): void {
    this.#listen().catch((error: unknown) => {
      this.log.info(`Boards are not looked for by UDP beacon: ${asError(error).message}`);
    });
  }

  dispose(): void {
    this.#disposed = true;
    this.#timer?.dispose();
    this.#socket?.close();
    this.#changed.dispose();
  }

  async #listen(): Promise<void> {
    const { createSocket } = await import('node:dgram');
    if (this.#disposed) return;
    const { port = BEACON_PORT, address } = this.options;
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    socket.on('error', (error) => this.log.info(`UDP beacons of boards: ${error.message}`));
    socket.on('message', (data, sender) => this.#hear(data, sender.address));
    socket.bind({ port, ...(address === undefined ? {} : { address }) }, () => {
      if (this.#disposed) return;
      this.#socket = socket;
      this.#changed.fire();
    });
    this.#forget();
  }

  #hear(data: Uint8Array, sender: string): void {
    const found = boardInBeacon(data, sender);
    if (!found) return;
    const key = found.address.text;
    const known = this.#boards.get(key);
    // Anyone on the network may announce boards without end.
    if (!known && this.#boards.size >= MOST_BOARDS) return;
    const changed = known?.found.details?.beacon !== found.details?.beacon;
    this.#boards.set(key, { found, heardAt: this.clock.now() });
    if (changed) this.#changed.fire();
  }

  #forget(): void {
    const before = this.#boards.size;
    for (const [key, { heardAt }] of this.#boards) {
      if (this.clock.now() - heardAt > LOST_MS) this.#boards.delete(key);
    }
    if (this.#boards.size !== before) this.#changed.fire();
    this.#timer = this.clock.after(LOST_MS / 3, () => this.#forget());
  }
}
