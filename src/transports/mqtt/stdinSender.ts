import * as l10n from '@vscode/l10n';
import { Op } from '../../core/agent';
import { systemClock, type Clock } from '../../core/async';
import { concat } from '../../core/bytes';
import { FileError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import type { AgentClient } from './agentClient';
import type { Exchange } from './agentRequest';

/**
 * First retry delay, in milliseconds, when the code is not reading and the board has no room;
 * doubles up to LAST_PAUSE_MS.
 */
const FIRST_PAUSE_MS = 50;
/** Longest retry delay in milliseconds. */
const LAST_PAUSE_MS = 1_000;
/** Bytes of input that a board always buffers for code that does not read. */
const MOST_UNREAD = 1024;

/**
 * Feeds `sys.stdin` of running code as fast as the board accepts bytes (docs/protocol.md section
 * 6).
 */
export class StdinSender {
  #queue: Uint8Array = new Uint8Array();
  /** Input that the board accepted recently; the code may leave it unread. */
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

  /** Passes the function that writes to the running code to `onStart`. */
  begin(exchange: Exchange, onStart?: (write: (data: Uint8Array) => Promise<void>) => void): void {
    this.#exchange = exchange;
    onStart?.((data) => this.#write(data));
  }

  /** Removes the input up to `offset`, which the board has accepted. */
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

  /** Sends bytes in transit again, because they may have been lost. */
  repeat(): void {
    if (!this.#inFlight) return;
    this.#inFlight = false;
    this.#pump();
  }

  /**
   * Returns the input left unread by code that has read `read` bytes: the end of what the board
   * accepted, and everything not sent.
   */
  unread(read: number): Uint8Array {
    const left = Math.min(Math.max(this.#base - read, 0), this.#taken.length);
    return concat([this.#taken.subarray(this.#taken.length - left), this.#queue]);
  }

  /** Releases everything that waits, because the code has ended and reads no more. */
  end(): void {
    this.#exchange = undefined;
    this.#timer?.dispose();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #write(data: Uint8Array): Promise<void> {
    if (!this.client.birth?.caps.has('stdin')) {
      throw new FileError('EACCES', '', l10n.t('Code on this board cannot receive input'));
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
