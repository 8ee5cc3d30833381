import { describe, expect, it } from 'vitest';
import { Flag, makeFrame, Op, type Frame } from '../../../../src/core/agent/agentProtocol';
import type { Exchange } from '../../../../src/transports/mqtt/agentRequest';
import { ChunkSender } from '../../../../src/transports/mqtt/chunkSender';

const MTU = 10;
const WINDOW = 4;
const MOST_STEPS = 20_000;

/**
 * A board that receives DATA according to the protocol: in order, NAK for a gap, ACK after half a
 * window, with ACKREQ at once.
 */
class Taker {
  readonly taken: number[] = [];
  ended = false;
  since = 0;
  readonly answers: Frame[] = [];

  constructor(private readonly total: number) {}

  take(frame: Frame): void {
    const { offset, payload } = frame;
    if (frame.op === Op.end) {
      if (this.taken.length === this.total) this.ended = true;
      else this.#answer(Op.nak);
      return;
    }
    if (offset > this.taken.length) {
      this.#answer(Op.nak);
      return;
    }
    this.taken.push(...payload.subarray(this.taken.length - offset));
    this.since++;
    if (frame.flags & Flag.ackReq || this.since * 2 >= WINDOW || this.taken.length >= this.total) {
      this.#answer(Op.ack);
    }
  }

  #answer(op: typeof Op.ack | typeof Op.nak): void {
    this.since = 0;
    this.answers.push(makeFrame(op, 1, { offset: this.taken.length, aux: WINDOW }));
  }
}

/**
 * Sends over a wire that damages frames, and reports silence when nothing moves. Returns what
 * arrived and how many frames it took.
 */
function run(size: number, mangle: (n: number) => 'pass' | 'drop' | 'twice' | 'late') {
  const content = Uint8Array.from({ length: size }, (_, i) => i & 0xff);
  const taker = new Taker(size);
  const wire: Frame[] = [];
  let held: Frame | undefined;
  let n = 0;
  const put = (frame: Frame) => {
    const what = mangle(++n);
    if (what === 'late') {
      held = frame;
      return;
    }
    if (what !== 'drop') wire.push(frame);
    if (what === 'twice') wire.push(frame);
    if (held) wire.push(held);
    held = undefined;
  };
  const exchange: Exchange = {
    reqid: 1,
    post: (op, rest) => put(makeFrame(op, 1, rest)),
    finish: () => undefined,
    fail: (error) => {
      throw error;
    },
  };
  const sender = new ChunkSender(content, 0, MTU, {
    onEnd: (x) => x.post(Op.end, { offset: size }),
  });
  let unacked = 0;
  let acked = 0;
  sender.onFrame(makeFrame(Op.ack, 1, { offset: 0, aux: WINDOW }), exchange);
  for (let step = 0; !taker.ended && step < MOST_STEPS; step++) {
    const frame = wire.shift();
    if (frame) {
      if (frame.op === Op.data) unacked = Math.max(unacked, frame.offset - acked);
      taker.take(frame);
      continue;
    }
    const answer = taker.answers.shift();
    if (answer) {
      acked = Math.max(acked, answer.offset);
      if (mangle(++n) !== 'drop') sender.onFrame(answer, exchange);
      continue;
    }
    sender.onSilence(exchange);
  }
  return { taker, frames: n, content, unacked };
}

describe('sending in chunks', () => {
  const sizes = [0, 1, MTU - 1, MTU, MTU + 1, WINDOW * MTU, WINDOW * MTU + 1, 1234];

  it('delivers every size over a wire that loses nothing, in as few frames as that takes', () => {
    for (const size of sizes) {
      const { taker, content, frames } = run(size, () => 'pass');
      expect(taker.ended, `${size}`).toBe(true);
      expect(taker.taken, `${size}`).toEqual([...content]);
      expect(frames).toBeLessThanOrEqual(Math.ceil(size / MTU) * 1.6 + 2);
    }
  });

  it.each(['drop', 'twice', 'late'] as const)('delivers it when one in k frames is %s', (what) => {
    for (const k of [3, 4, 5, 7]) {
      for (const size of sizes) {
        // Not every k-th: that could hit the same frame each time it is sent again.
        let seed = k;
        const { taker, content } = run(size, () => {
          seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
          return Math.floor(seed / 65_536) % k === 0 ? what : 'pass';
        });
        expect(taker.ended, `${size} bytes, one in ${k}`).toBe(true);
        expect(taker.taken).toEqual([...content]);
      }
    }
  });

  it('never has more in transit than was granted', () => {
    expect(run(1000, () => 'pass').unacked).toBeLessThan(WINDOW * MTU);
  });

  it('ignores an acknowledgement beyond the end', () => {
    const posted: number[] = [];
    const exchange = {
      ...{ reqid: 1, finish: () => undefined, fail: () => undefined },
      post: (op: number) => void posted.push(op),
    };
    const sender = new ChunkSender(new Uint8Array(20), 0, MTU);
    sender.onFrame(makeFrame(Op.ack, 1, { offset: 21, aux: 4 }), exchange);
    expect(posted).toEqual([]);
    expect(sender.hasBegun).toBe(false);
  });
});
