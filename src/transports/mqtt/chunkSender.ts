import { Flag, Op, type Frame } from '../../core/agent/agentProtocol';
import type { Exchange } from './agentRequest';

/**
 * The sending side of a transfer: DATA by offset, never more unacknowledged frames than the board grants, back to
 * where a NAK says (docs/protocol.md section 7).
 */
export class ChunkSender {
  #acked: number;
  #next: number;
  #credit = 1;
  #ended = false;
  #begun = false;

  constructor(
    private readonly content: Uint8Array,
    /** What has gone with the first frame already. */
    start: number,
    private readonly mtu: number,
    private readonly hooks: {
      /** QoS of DATA: 0, since what is lost is sent again. */
      readonly qos?: 0 | 1;
      readonly onProgress?: (acked: number) => void;
      /** All has been acknowledged. */
      readonly onEnd?: (exchange: Exchange) => void;
    } = {},
  ) {
    this.#acked = start;
    this.#next = start;
  }

  /** The board has answered: it has the request itself, so that only data need to be repeated. */
  get hasBegun(): boolean {
    return this.#begun;
  }

  /** Takes ACK and NAK; anything else is not for this side. */
  onFrame(frame: Frame, exchange: Exchange): void {
    if (frame.op !== Op.ack && frame.op !== Op.nak) return;
    if (frame.offset > this.content.length) return; // nonsense from the board: the repeat sorts it out
    // A late acknowledgement of less than is known says nothing new, unless something was lost.
    if (frame.op === Op.ack && frame.offset < this.#acked) return;
    this.#begun = true;
    this.#acked = frame.offset;
    this.#credit = Math.max(frame.aux, 1);
    if (frame.op === Op.nak || this.#next < this.#acked || frame.flags & Flag.ackReq) {
      this.#next = this.#acked;
      this.#ended = false;
    }
    this.hooks.onProgress?.(this.#acked);
    this.#pump(exchange);
  }

  /** Nothing was heard: everything from the last acknowledgement on is sent again. */
  onSilence(exchange: Exchange): void {
    this.#next = this.#acked;
    this.#credit = 1;
    this.#ended = false;
    this.#pump(exchange, Flag.ackReq);
  }

  #pump(exchange: Exchange, flags = 0): void {
    const limit = Math.min(this.content.length, this.#acked + this.#credit * this.mtu);
    while (this.#next < limit) {
      const chunk = this.content.subarray(this.#next, Math.min(this.#next + this.mtu, limit));
      const offset = this.#next;
      this.#next += chunk.length;
      exchange.post(Op.data, { offset, payload: chunk, flags }, this.hooks.qos ?? 0);
    }
    if (this.#acked < this.content.length || this.#ended) return;
    this.#ended = true;
    this.hooks.onEnd?.(exchange);
  }
}
