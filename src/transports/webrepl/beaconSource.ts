import type { Socket } from 'node:dgram';
import type { Clock } from '../../core/async';
import type { BoardSource, Found } from '../../core/board';
import { asError } from '../../core/errors';
import { Emitter, type Disposable } from '../../core/events';
import type { Log } from '../../core/log';
import { BEACON_PORT, boardInBeacon } from '../../core/webrepl/beacon';
import { HeardBoards } from './heardBoards';

/** Milliseconds after its last beacon at which a board counts as gone; it sends one every few seconds. */
const LOST_MS = 30_000;

/** Boards that announce themselves by UDP, as those of iot-kernel do. */
export class BeaconSource implements BoardSource {
  readonly #changed = new Emitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #boards: HeardBoards;
  #socket: Socket | undefined;
  #timer: Disposable | undefined;
  #disposed = false;

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    /** For tests: another port and interface. */
    private readonly options: { port?: number; address?: string } = {},
  ) {
    this.#boards = new HeardBoards(clock, LOST_MS);
  }

  get found(): readonly Found[] {
    return this.#boards.found;
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
    const { before, isKept } = this.#boards.hear(found);
    if (isKept && before?.details?.beacon !== found.details?.beacon) this.#changed.fire();
  }

  #forget(): void {
    if (this.#boards.forget()) this.#changed.fire();
    this.#timer = this.clock.after(LOST_MS / 3, () => this.#forget());
  }
}
