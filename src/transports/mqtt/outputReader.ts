import { Op, type Frame } from '../../core/agent/agentProtocol';
import { concat, text } from '../../core/bytes';
import type { Exchange } from './agentRequest';

/** The host acknowledges output at least this often (docs/protocol.md section 6). */
const ACK_EVERY_BYTES = 512;
const STDERR = 2;

/** Output that the board had to drop is said in so many words where it is missing. */
function dropped(bytes: number): Uint8Array {
  return Buffer.from(`\r\n[${bytes} bytes of output were lost]\r\n`);
}

/** Collects OUT frames by offset: in order, without gaps, each byte once (docs/protocol.md section 6). */
export class OutputReader {
  readonly #parts: Uint8Array[] = [];
  readonly #traceback: Uint8Array[] = [];
  #offset = 0;
  #acked = 0;
  #lost = 0;

  constructor(
    private readonly mtu: number,
    private readonly onStdout: ((chunk: Uint8Array) => void) | undefined,
  ) {}

  get offset(): number {
    return this.#offset;
  }

  get stdout(): Uint8Array {
    return concat(this.#parts);
  }

  get traceback(): string {
    return text(concat(this.#traceback));
  }

  take(frame: Frame, exchange: Exchange): void {
    const skip = this.#offset - frame.offset;
    if (skip < 0) {
      exchange.post(Op.nak, { offset: this.#offset });
      return;
    }
    const fresh = frame.payload.subarray(skip);
    if (fresh.length > 0) {
      this.#offset += fresh.length;
      if (frame.aux === STDERR) this.#traceback.push(fresh);
      else this.#show(fresh);
    }
    // A frame that is not full: the board holds back what comes next until this one is acknowledged.
    const isShort = frame.payload.length < this.mtu;
    if (isShort || this.#offset - this.#acked >= ACK_EVERY_BYTES) this.acknowledge(exchange);
  }

  /** Tells the board how far the output has come; again when it may have missed that. */
  acknowledge(exchange: Exchange): void {
    this.#acked = this.#offset;
    exchange.post(Op.ack, { offset: this.#offset }, 0);
  }

  /** The board has dropped output: what comes next begins `total` bytes further on. */
  noteLoss(total: number): void {
    if (total <= this.#lost) return;
    this.#show(dropped(total - this.#lost));
    this.#lost = total;
  }

  #show(chunk: Uint8Array): void {
    this.#parts.push(chunk);
    this.onStdout?.(chunk);
  }
}
