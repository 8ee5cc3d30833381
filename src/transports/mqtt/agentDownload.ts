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

  constructor(
    private readonly path: string,
    private readonly options: TransferOptions,
  ) {}

  content(): Uint8Array {
    return concat(this.#parts);
  }

  onFrame(frame: Frame, exchange: Exchange): void {
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
    if (this.#offset - this.#acked >= (GET_CREDIT / 2) * Math.max(frame.payload.length, 1)) {
      this.#acked = this.#offset;
      exchange.post(Op.ack, { offset: this.#offset });
    }
  }

  #end(frame: Frame, exchange: Exchange): void {
    const { n, h } = decodeJson(frame.payload);
    if (size(n) > this.#offset) {
      exchange.post(Op.nak, { offset: this.#offset });
      return;
    }
    const real = createHash('sha256').update(this.content()).digest('hex');
    if (real !== h) {
      exchange.fail(
        new ProtocolError(`${this.path} did not arrive as it is on the board`, {
          hint: 'It may have been written meanwhile. Try again.',
        }),
      );
      return;
    }
    exchange.post(Op.ack, { offset: this.#offset });
    exchange.finish(frame);
  }
}
