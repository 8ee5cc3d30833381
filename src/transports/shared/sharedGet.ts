import { sha256 } from '../../core/hash';
import { Flag, type Frame, Op } from '../../core/agent';
import type { Answers, Flow } from './inflow';
import type { HostSession } from './hostSessions';
import { Refusal } from './refusal';

/**
 * Sends a file to a colleague: DATA within the host's credit, then END (docs/protocol.md section
 * 7).
 */
export class SharedGet implements Flow {
  movedAt: number;
  #at: number;
  #acked: number;
  #reached: number;
  #hasEnded = false;

  constructor(
    private readonly answers: Answers,
    readonly session: HostSession,
    readonly reqid: number,
    private readonly file: {
      readonly content: Uint8Array;
      readonly mtime: number;
      readonly start: number;
      /** Bytes that may be unacknowledged. */
      readonly credit: number;
      readonly mtu: number;
    },
  ) {
    this.movedAt = answers.clock.now();
    this.#at = this.#acked = this.#reached = file.start;
  }

  greet(): void {
    const { content, mtime, start } = this.file;
    const payload = Buffer.from(JSON.stringify({ n: content.length, o: start, m: mtime }));
    this.#send({ op: Op.part, payload, offset: start });
    this.pump();
  }

  pump(): void {
    const { content, start, credit, mtu } = this.file;
    while (this.#at < content.length && this.#at - this.#acked < credit) {
      const payload = content.subarray(this.#at, this.#at + mtu);
      this.#send({ op: Op.data, payload, offset: this.#at });
      this.#at += payload.length;
      this.#reached = Math.max(this.#reached, this.#at);
    }
    if (this.#at < content.length || this.#hasEnded) return;
    this.#hasEnded = true;
    const h = sha256(content.subarray(start));
    const payload = Buffer.from(JSON.stringify({ n: content.length, h }));
    this.#send({ op: Op.end, payload, offset: content.length });
  }

  onFrame({ op, offset, flags }: Frame): void {
    this.movedAt = this.answers.clock.now();
    if (op === Op.cancel) {
      this.drop();
      this.answers.fail(this.session, this.reqid, new Refusal('ECANCEL', 'cancelled'));
      return;
    }
    const isAck = op === Op.ack;
    if (!isAck && op !== Op.nak) return;
    if (offset < this.file.start || offset > this.#reached) return;
    this.#acked = isAck ? Math.max(this.#acked, offset) : offset;
    if (!isAck || flags & Flag.ackReq) {
      this.#at = offset;
      this.#hasEnded = false;
    } else if (offset >= this.file.content.length && this.#hasEnded) {
      this.drop();
      return;
    }
    this.pump();
  }

  drop(): void {
    this.answers.close(this);
  }

  #send(frame: Pick<Frame, 'op'> & Partial<Frame>): void {
    this.answers.send(this.session, { reqid: this.reqid, ...frame });
  }
}
