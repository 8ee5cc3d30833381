import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { AgentFiles } from '../../../../src/transports/mqtt/agentFiles';
import { FakeBoard, Op, settled } from '../../rig/fakeAgent';

const MTU = 1024;
const content = Buffer.from(Array.from({ length: 24 * MTU }, (_, i) => i % 251));

it('does not acknowledge the whole file before its end has come: the board would forget the request', async () => {
  const board = new FakeBoard();
  const read = new AgentFiles(board.client).read('/a.bin');
  await settled();
  const reqid = board.of(Op.get)[0]?.reqid ?? 0;
  board.json(Op.part, reqid, { n: content.length, o: 0 });
  for (let offset = 0; offset < content.length; offset += MTU) {
    const payload = content.subarray(offset, offset + MTU);
    board.say(Op.data, reqid, { offset, payload });
  }
  const acknowledged = board.of(Op.ack).map((f) => f.offset);
  expect(acknowledged.length).toBeGreaterThan(0);
  expect(Math.max(...acknowledged)).toBeLessThan(content.length);
  // The end was lost: it is asked for after a silence.
  await board.clock.pass(3000);
  expect(board.of(Op.nak).at(-1)?.offset).toBe(content.length);
  const h = createHash('sha256').update(content).digest('hex');
  board.json(Op.end, reqid, { n: content.length, h });
  expect(Buffer.from(await read).equals(content)).toBe(true);
  expect(board.of(Op.ack).at(-1)?.offset).toBe(content.length);
});

it('accepts data whose announcement is late or lost', async () => {
  const board = new FakeBoard();
  const read = new AgentFiles(board.client).read('/a.bin');
  await settled();
  const reqid = board.of(Op.get)[0]?.reqid ?? 0;
  for (let offset = 0; offset < content.length; offset += MTU) {
    const payload = content.subarray(offset, offset + MTU);
    board.say(Op.data, reqid, { offset, payload });
    if (offset === MTU) board.json(Op.part, reqid, { n: content.length, o: 0 });
  }
  const h = createHash('sha256').update(content).digest('hex');
  board.json(Op.end, reqid, { n: content.length, h });
  expect(Buffer.from(await read).equals(content)).toBe(true);
});
