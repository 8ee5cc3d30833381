import { createHash } from 'node:crypto';
import { decodeJson, Op, type Frame } from '../../core/agent/agentProtocol';
import type { TransferOptions } from '../../core/boardFiles';
import { concat } from '../../core/bytes';
import { ProtocolError } from '../../core/errors';
import type { Exchange } from './agentRequest';
import { size } from './agentRows';

/** Frames that the board may send ahead of our acknowledgement. */
export const GET_CREDIT = 16;

/** The receiving side of GET: in order, acknowledged, checked as a whole. */
export class Download {
  readonly #parts: Uint8Array[] = [];
  #offset = 0;
  #acked = 0;
  #total = 0;
  #begun = false;
  #whole = false;

  constructor(
    private readonly path: string,
    private readonly options: TransferOptions,
  ) {}

  /** The board has answered: it has the request, so that only data need to be asked for again. */
  get hasBegun(): boolean {
    return this.#begun;
  }

  /** The whole file. @throws ProtocolError if the board ended the request without sending all of it */
  content(): Uint8Array {
    if (!this.#whole) throw new ProtocolError(`the board did not send all of ${this.path}`);
    return concat(this.#parts);
  }

  onFrame(frame: Frame, exchange: Exchange): void {
    this.#begun ||= frame.op === Op.part || frame.op === Op.data || frame.op === Op.end;
    if (frame.op === Op.part) this.#total = size(decodeJson(frame.payload).n);
    else if (frame.op === Op.data) this.#take(frame, exchange);
    else if (frame.op === Op.end) this.#end(frame, exchange);
  }

  onSilence(exchange: Exchange): void {
    exchange.post(Op.nak, { offset: this.#offset });
  }

  #take(frame: Frame, exchange: Exchange): void {
    if (frame.offset > this.#offset) {
      exchange.post(Op.nak, { offset: this.#offset });
      return;
    }
    const fresh = frame.payload.subarray(this.#offset - frame.offset);
    if (fresh.length > 0) {
      this.#parts.push(fresh);
      this.#offset += fresh.length;
      this.options.onProgress?.(this.#offset, this.#total, this.path);
    }
    // Never the newest frame: an ACK of the whole file says that END has come, and the board forgets the request then.
    if (frame.offset - this.#acked >= (GET_CREDIT / 2) * Math.max(frame.payload.length, 1)) {
      this.#acked = frame.offset;
      exchange.post(Op.ack, { offset: frame.offset });
    }
  }

  #end(frame: Frame, exchange: Exchange): void {
    const { n, h } = decodeJson(frame.payload);
    if (size(n) > this.#offset) {
      exchange.post(Op.nak, { offset: this.#offset });
      return;
    }
    const real = createHash('sha256').update(concat(this.#parts)).digest('hex');
    if (real !== h) {
      exchange.fail(
        new ProtocolError(`${this.path} did not arrive as it is on the board`, {
          hint: 'It may have been written meanwhile. Try again.',
        }),
      );
      return;
    }
    this.#whole = true;
    exchange.post(Op.ack, { offset: this.#offset });
    exchange.finish(frame);
  }
}
