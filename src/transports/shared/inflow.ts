import { Flag, type Frame, Op } from '../../core/agent';
import type { Clock } from '../../core/async';
import type { HostSession } from './hostSessions';
import { Refusal } from './refusal';

/** Number of frames that a host may send ahead. */
export const WINDOW = 16;
/** Milliseconds before a gap is reported again. */
const NAK_MS = 1_000;

/** Functions with which requests answer. */
export interface Answers {
  readonly clock: Clock;
  /** Sends one frame of a request. */
  send(session: HostSession, frame: Partial<Frame> & Pick<Frame, 'op' | 'reqid'>): void;
  /** Ends a request with OK. */
  finish(session: HostSession, reqid: number, answer: object | Uint8Array, offset?: number): void;
  /** Ends a request with ERR. */
  fail(session: HostSession, reqid: number, error: unknown): void;
  /** Forgets an open request. */
  close(flow: Flow): void;
}

/** An open request that receives more frames. */
export interface Flow {
  readonly session: HostSession;
  readonly reqid: number;
  /** Time in milliseconds, by the clock, at which the host last sent something. */
  movedAt: number;
  /** Answers a repeated request. */
  greet(): void;
  /** Handles a DATA, ACK, NAK, END or CANCEL of this request. */
  onFrame(frame: Frame): void;
  /** Ends the request without an answer. */
  drop(): void;
}

/**
 * Receives bytes from a host in order, by offset and with credit, and reports gaps
 * (docs/protocol.md section 7).
 */
export abstract class Inflow implements Flow {
  movedAt: number;
  protected readonly bytes: Buffer;
  #taken = 0;
  #since = 0;
  #nak = { offset: -1, at: 0 };

  constructor(
    protected readonly answers: Answers,
    readonly session: HostSession,
    readonly reqid: number,
    total: number,
  ) {
    this.movedAt = answers.clock.now();
    this.bytes = Buffer.alloc(total);
  }

  /** All bytes have arrived. */
  protected get isWhole(): boolean {
    return this.#taken >= this.bytes.length;
  }

  greet(): void {
    this.#since = 0;
    this.#answer(Op.ack);
  }

  onFrame({ op, offset, payload, flags }: Frame): void {
    if (op === Op.data) {
      const isDue = this.feed(offset, payload);
      if (isDue || flags & Flag.ackReq) this.greet();
    } else if (op === Op.end) {
      if (this.isWhole) this.onEnd();
      else this.#gap();
    } else if (op === Op.cancel) {
      this.answers.fail(this.session, this.reqid, new Refusal('ECANCEL', 'cancelled'));
      this.drop();
    } else this.greet();
  }

  /**
   * Takes a piece. Returns whether an acknowledgement is due.
   * @throws Refusal for more bytes than were announced
   */
  protected feed(offset: number, payload: Uint8Array): boolean {
    if (offset > this.#taken) {
      this.#gap();
      return false;
    }
    if (offset + payload.length > this.bytes.length) {
      throw new Refusal('ETOOBIG', 'more than was announced');
    }
    this.movedAt = this.answers.clock.now();
    this.#since += 1;
    const fresh = payload.subarray(this.#taken - offset);
    if (fresh.length > 0) {
      this.bytes.set(fresh, this.#taken);
      this.#taken += fresh.length;
      this.#nak.offset = -1;
    }
    return this.#since * 2 >= WINDOW || this.isWhole;
  }

  protected abstract onEnd(): void;
  abstract drop(): void;

  #gap(): void {
    const now = this.answers.clock.now();
    if (this.#nak.offset === this.#taken && now - this.#nak.at < NAK_MS) return;
    this.#nak = { offset: this.#taken, at: now };
    this.#answer(Op.nak);
  }

  #answer(op: typeof Op.ack | typeof Op.nak): void {
    const { session, reqid } = this;
    this.answers.send(session, { op, reqid, offset: this.#taken, aux: WINDOW });
  }
}
