import type { Socket } from 'node:net';
import { counted } from '../../core/counted';
import type { Clock } from '../../core/async';
import type { Log } from '../../core/log';

/** Maximum connections, in total and before login; the latter also per address. */
export const MOST_CONNECTIONS = 1_000;
const MOST_PENDING = 100;
const MOST_PENDING_OF_ONE = 20;
/** Bytes that a connection may send before login: a CONNECT packet with a will. */
const BEFORE_LOGIN = 8 * 1024;
/** Largest MQTT packet after login, in bytes. Frames and presence are far smaller. */
const MAX_PACKET = 64 * 1024;
/** Number of rejected logins per address without delay, and the delay afterwards. */
const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 30_000;
/** Number of addresses whose rejected logins are remembered. */
const MOST_ADDRESSES = 1_000;

interface Guarded {
  readonly address: string;
  readonly scanner: PacketScanner;
}

/** Limits what connections may cost before and after login, and slows down password guessing. */
export class LocalBrokerGuard {
  readonly #pending = new Map<Socket, Guarded>();
  readonly #open = new Map<Socket, Guarded>();
  readonly #failures = new Map<string, number>();
  #turnedAway = 0;

  constructor(
    private readonly log: Log,
    private readonly clock: Clock,
  ) {}

  /** Number of connections that were closed because there were too many. */
  get turnedAway(): number {
    return this.#turnedAway;
  }

  /**
   * Admits a new connection. Returns false if it was closed because too many have not logged in.
   */
  admit(socket: Socket): boolean {
    const address = socket.remoteAddress ?? '';
    const ofOne = [...this.#pending.values()].filter((g) => g.address === address).length;
    if (
      this.#pending.size >= MOST_PENDING ||
      ofOne >= MOST_PENDING_OF_ONE ||
      this.#open.size >= MOST_CONNECTIONS
    ) {
      this.#turnedAway++;
      if (isPowerOfTen(this.#turnedAway)) {
        this.log.warn(
          `Local broker: ${counted(this.#turnedAway, 'connection')} closed, too many at once without a login; the last from ${address}`,
        );
      }
      socket.destroy();
      return false;
    }
    this.#pending.set(socket, { address, scanner: new PacketScanner() });
    socket.once('close', () => {
      this.#pending.delete(socket);
      this.#open.delete(socket);
    });
    return true;
  }

  /**
   * Inspects the data read from the connection from now on. Overrides `read` of this socket, which
   * costs no copy; otherwise the MQTT parser would collect a packet of any length that its header
   * announces.
   */
  watch(socket: Socket): void {
    const guarded = this.#pending.get(socket);
    if (!guarded) return;
    const { scanner, address } = guarded;
    const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
    socket.read = (size?: number) => {
      const chunk = read(size);
      const problem = chunk && scanner.take(chunk);
      if (!problem) return chunk;
      this.log.warn(`Local broker: ${address}: ${problem}; closed`);
      socket.destroy();
      return null;
    };
  }

  /** Lifts the limits for strangers from a client that has logged in. */
  accepted(socket: Socket): void {
    const guarded = this.#pending.get(socket);
    if (!guarded) return;
    guarded.scanner.loggedIn();
    this.#pending.delete(socket);
    this.#open.set(socket, guarded);
    this.#failures.delete(guarded.address);
  }

  /**
   * Counts and logs a rejected login, and calls `answer` now or, after several of them, with
   * increasing delay.
   */
  refused(socket: Socket, user: string, answer: () => void): void {
    const address = this.#pending.get(socket)?.address ?? '';
    const count = (this.#failures.get(address) ?? 0) + 1;
    this.#failures.delete(address); // to the end of the order, which the oldest leave first
    this.#failures.set(address, count);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MOST_ADDRESSES && oldest !== undefined) this.#failures.delete(oldest);
    if (count <= FREE_FAILURES || isPowerOfTen(count)) {
      const who = JSON.stringify(user.slice(0, 64));
      this.log.warn(`Local broker: login ${count} refused from ${address}, user ${who}`);
    }
    if (count <= FREE_FAILURES) answer();
    else {
      const wait = FIRST_WAIT_MS * 2 ** Math.min(count - FREE_FAILURES - 1, 10);
      const timer = this.clock.after(Math.min(wait, LAST_WAIT_MS), answer);
      socket.once('close', () => timer.dispose());
    }
  }
}

/**
 * Follows the headers of MQTT packets in a stream (MQTT 3.1.1, section 2.2) and finds those that
 * announce too much.
 */
export class PacketScanner {
  #isIn = false;
  #before = 0;
  /** Bytes of the packet's body still to come. */
  #body = 0;
  #inLength = false;
  #length = 0;
  #factor = 1;

  /** Ends the limit for strangers, because the client has logged in. */
  loggedIn(): void {
    this.#isIn = true;
  }

  /** Checks the next bytes. Returns the problem with the stream; undefined if it is valid. */
  take(chunk: Uint8Array): string | undefined {
    if (!this.#isIn) {
      this.#before += chunk.length;
      if (this.#before > BEFORE_LOGIN) return `${this.#before} bytes before its login`;
    }
    for (let at = 0; at < chunk.length;) {
      if (this.#body > 0) {
        const taken = Math.min(this.#body, chunk.length - at);
        this.#body -= taken;
        at += taken;
      } else if (!this.#inLength) {
        [this.#inLength, this.#length, this.#factor] = [true, 0, 1];
        at++;
      } else {
        const byte = chunk[at++] ?? 0;
        this.#length += (byte & 0x7f) * this.#factor;
        this.#factor *= 128;
        if (this.#length > (this.#isIn ? MAX_PACKET : BEFORE_LOGIN)) {
          return `a packet of ${this.#length} bytes or more`;
        }
        if (byte < 0x80) [this.#inLength, this.#body] = [false, this.#length];
        else if (this.#factor > 128 ** 3) return 'a packet without a proper length';
      }
    }
    return undefined;
  }
}

function isPowerOfTen(n: number): boolean {
  return /^10*$/.test(String(n));
}
