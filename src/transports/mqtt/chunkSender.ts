import { Flag, type Frame, Op } from '../../core/agent';
import type { Exchange } from './agentRequest';

/**
 * The sending side of a transfer: DATA by offset, with no more unacknowledged frames than the board
 * grants; a NAK moves it back (docs/protocol.md section 7).
 */
export class ChunkSender {
  #acked: number;
  #next: number;
  #credit = 1;
  #ended = false;
  #begun = false;

  constructor(
    private readonly content: Uint8Array,
    /** Bytes already sent with the first frame. */
    start: number,
    private readonly mtu: number,
    private readonly hooks: {
      /** QoS of DATA: 0, because lost frames are sent again. */
      readonly qos?: 0 | 1;
      readonly onProgress?: (acked: number) => void;
      /** Called when everything has been acknowledged. */
      readonly onEnd?: (exchange: Exchange) => void;
    } = {},
  ) {
    this.#acked = start;
    this.#next = start;
  }

  /** The board has the request, so only data need to be repeated. */
  get hasBegun(): boolean {
    return this.#begun;
  }

  /** Processes ACK and NAK; ignores everything else. */
  onFrame(frame: Frame, exchange: Exchange): void {
    if (frame.op !== Op.ack && frame.op !== Op.nak) return;
    if (frame.offset > this.content.length) return; // invalid offset; the next repeat corrects it
    // An old acknowledgement matters only if a frame was lost.
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

  /** Sends everything after the last acknowledgement again. */
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
