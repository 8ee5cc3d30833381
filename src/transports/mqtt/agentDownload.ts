import * as l10n from '@vscode/l10n';
import { sha256 } from '../../core/hash';
import { decodeJson, type Frame, Op } from '../../core/agent';
import type { TransferOptions } from '../../core/boardFiles';
import { concat } from '../../core/bytes';
import { ProtocolError } from '../../core/errors';
import type { Exchange } from './agentRequest';
import { size } from './agentRows';

/** No board has a larger file. */
const MOST_BYTES = 256 * 1024 * 1024;
/** Frames that the board may send ahead of our acknowledgement. */
export const GET_CREDIT = 16;

/** The receiving side of GET: ordered, acknowledged, and verified as a whole. */
export class Download {
  readonly #parts: Uint8Array[] = [];
  #offset = 0;
  #acked = 0;
  /**
   * Size as reported by the board; unknown while its first answer is late or lost and data arrive
   * first.
   */
  #total: number | undefined;
  #begun = false;
  #whole = false;

  constructor(
    private readonly path: string,
    private readonly options: TransferOptions,
  ) {}

  /** The board has the request, so only data need to be requested again. */
  get hasBegun(): boolean {
    return this.#begun;
  }

  /**
   * Returns the whole file.
   * @throws ProtocolError if the board ended the request without sending all of it
   */
  content(): Uint8Array {
    if (!this.#whole)
      throw new ProtocolError(l10n.t('the board did not send all of {0}', this.path));
    return concat(this.#parts);
  }

  /** Handles a frame of the answer: its length, content, or end. */
  onFrame(frame: Frame, exchange: Exchange): void {
    this.#begun ||= frame.op === Op.part || frame.op === Op.data || frame.op === Op.end;
    if (frame.op === Op.part) this.#total = size(decodeJson(frame.payload).n);
    else if (frame.op === Op.data) this.#take(frame, exchange);
    else if (frame.op === Op.end) this.#end(frame, exchange);
  }

  /** Requests the content again from the first missing byte. */
  onSilence(exchange: Exchange): void {
    exchange.post(Op.nak, { offset: this.#offset });
  }

  #take(frame: Frame, exchange: Exchange): void {
    if (frame.offset > this.#offset) {
      exchange.post(Op.nak, { offset: this.#offset });
      return;
    }
    const fresh = frame.payload.subarray(this.#offset - frame.offset);
    if (this.#offset + fresh.length > Math.min(this.#total ?? MOST_BYTES, MOST_BYTES)) {
      exchange.fail(
        new ProtocolError(l10n.t('The board sent more of {0} than it announced', this.path), {
          hint: l10n.t('The file may be growing while it is read. Try again.'),
        }),
      );
      return;
    }
    if (fresh.length > 0) {
      this.#parts.push(fresh);
      this.#offset += fresh.length;
      this.options.onProgress?.(this.#offset, this.#total ?? this.#offset, this.path);
    }
    // Never acknowledge the newest frame here: an ACK of the whole file means that END has arrived,
    // after which the board drops the request.
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
    const real = sha256(concat(this.#parts));
    if (real !== h) {
      exchange.fail(
        new ProtocolError(l10n.t('{0} does not match the file on the board', this.path), {
          hint: l10n.t('The file may have changed meanwhile. Try again.'),
        }),
      );
      return;
    }
    this.#whole = true;
    exchange.post(Op.ack, { offset: this.#offset });
    exchange.finish(frame);
  }
}
