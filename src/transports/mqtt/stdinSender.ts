import { Op } from '../../core/agent/agentProtocol';
import { systemClock, type Clock } from '../../core/async';
import { concat } from '../../core/bytes';
import { FileError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import type { AgentClient } from './agentClient';
import type { Exchange } from './agentRequest';

/** Code that does not read leaves no room on the board: it is offered the rest again after this, */
const FIRST_PAUSE_MS = 50;
/** or, as long as it goes on not reading, after twice the time, up to this. */
const LAST_PAUSE_MS = 1_000;
/** A board holds less input than this for code that does not read. */
const MOST_UNREAD = 1024;

/** Feeds bytes to `sys.stdin` of running code, as fast as the board takes them (docs/protocol.md section 6). */
export class StdinSender {
  #queue: Uint8Array = new Uint8Array();
  /** What the board has taken of late: the code may leave it unread. */
  #taken: Uint8Array = new Uint8Array();
  /** Position of the queue's first byte in the whole input. */
  #base = 0;
  #pauseMs = FIRST_PAUSE_MS;
  #timer: Disposable | undefined;
  #inFlight = false;
  #waiting: (() => void)[] = [];
  #exchange: Exchange | undefined;

  constructor(
    private readonly client: Pick<AgentClient, 'birth' | 'mtu'>,
    private readonly clock: Clock = systemClock,
  ) {}

  /** The code runs: hands out the function that writes to it. */
  begin(exchange: Exchange, onStart?: (write: (data: Uint8Array) => Promise<void>) => void): void {
    this.#exchange = exchange;
    onStart?.((data) => this.#write(data));
  }

  /** The board has taken the input up to `offset`. */
  acknowledge(offset: number): void {
    const taken = Math.min(Math.max(offset - this.#base, 0), this.#queue.length);
    this.#taken = concat([this.#taken, this.#queue.subarray(0, taken)]).slice(-MOST_UNREAD);
    this.#queue = this.#queue.subarray(taken);
    this.#base += taken;
    this.#inFlight = false;
    this.#timer?.dispose();
    if (this.#queue.length === 0) {
      for (const resolve of this.#waiting.splice(0)) resolve();
    } else if (taken > 0) {
      this.#pauseMs = FIRST_PAUSE_MS;
      this.#pump();
    } else {
      this.#timer = this.clock.after(this.#pauseMs, () => this.#pump());
      this.#pauseMs = Math.min(this.#pauseMs * 2, LAST_PAUSE_MS);
    }
  }

  /** What is on its way may have been lost: sends it again. */
  repeat(): void {
    if (!this.#inFlight) return;
    this.#inFlight = false;
    this.#pump();
  }

  /** What the code, which has read `read` bytes, left unread: the end of what the board took, and what it did not take. */
  unread(read: number): Uint8Array {
    const left = Math.min(Math.max(this.#base - read, 0), this.#taken.length);
    return concat([this.#taken.subarray(this.#taken.length - left), this.#queue]);
  }

  /** The code has ended: nobody reads any more. */
  end(): void {
    this.#exchange = undefined;
    this.#timer?.dispose();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #write(data: Uint8Array): Promise<void> {
    if (!this.client.birth?.caps.has('stdin')) {
      throw new FileError('EACCES', '', 'Code on this board cannot be fed with input');
    }
    this.#queue = concat([this.#queue, data]);
    const taken = new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#pump();
    return taken;
  }

  #pump(): void {
    if (!this.#exchange || this.#inFlight || this.#queue.length === 0) return;
    this.#inFlight = true;
    const payload = this.#queue.subarray(0, this.client.mtu);
    this.#exchange.post(Op.stdin, { offset: this.#base, payload });
  }
}
