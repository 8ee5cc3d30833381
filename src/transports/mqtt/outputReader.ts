import * as l10n from '@vscode/l10n';
import { type Frame, Op } from '../../core/agent';
import { concat, text } from '../../core/bytes';
import { ProtocolError } from '../../core/errors';
import type { Exchange } from './agentRequest';

/** The host acknowledges output at least after this many bytes (docs/protocol.md section 6). */
const ACK_EVERY_BYTES = 512;
const STDERR = 2;
/** Bytes of output kept while it is also shown, and bytes collected otherwise. */
const SHOWN_BYTES = 1024 * 1024;
const MOST_BYTES = 64 * 1024 * 1024;

/** Returns the notice that replaces output which the board had to drop. */
function dropped(bytes: number): Uint8Array {
  return Buffer.from(`\r\n[${bytes} bytes of output were lost]\r\n`);
}

/**
 * Collects OUT frames by offset: in order, without gaps, each byte once (docs/protocol.md section
 * 6).
 */
export class OutputReader {
  readonly #parts: Uint8Array[] = [];
  readonly #traceback: Uint8Array[] = [];
  #offset = 0;
  #acked = 0;
  #lost = 0;
  #kept = 0;

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

  /** Takes a frame of output; asks for those that are missing before it. */
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
    // After a frame that is not full, the board sends no more until that frame is acknowledged.
    const isShort = frame.payload.length < this.mtu;
    if (isShort || this.#offset - this.#acked >= ACK_EVERY_BYTES) this.acknowledge(exchange);
  }

  /** Acknowledges the output so far; repeated if the board may have missed it. */
  acknowledge(exchange: Exchange): void {
    this.#acked = this.#offset;
    exchange.post(Op.ack, { offset: this.#offset }, 0);
  }

  /** Notes that the board has dropped output: the next byte is at offset `total`. */
  noteLoss(total: number): void {
    if (total <= this.#lost) return;
    this.#show(dropped(total - this.#lost));
    this.#lost = total;
  }

  #show(chunk: Uint8Array): void {
    // Streamed output is kept only within a limit, because a program may run for weeks.
    if (!this.onStdout || this.#kept < SHOWN_BYTES) this.#keep(chunk);
    this.onStdout?.(chunk);
  }

  #keep(chunk: Uint8Array): void {
    this.#kept += chunk.length;
    if (this.#kept > MOST_BYTES) throw new ProtocolError(l10n.t("The board's output never ends"));
    this.#parts.push(chunk);
  }
}
