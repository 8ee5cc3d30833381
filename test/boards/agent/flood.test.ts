/** A broker, or someone between it and the board, that sends faster than the board can read. */
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startMosquitto } from '../../lab/index.mjs';
import { type AgentBoard, startAgentBoard } from '../rig/agent/board';
import { TestHost } from '../rig/agent/host';

let broker: Awaited<ReturnType<typeof startMosquitto>>;
let board: AgentBoard;
let host: TestHost;
let atBoard: Socket | undefined;
const relay = createServer((socket) => {
  atBoard = socket;
  const upstream = connect(broker.port, '127.0.0.1');
  for (const [from, to] of [
    [socket, upstream],
    [upstream, socket],
  ] as const) {
    from.setNoDelay(true);
    from.on('data', (chunk) => to.write(chunk));
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  }
});

beforeAll(async () => {
  broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const { port } = relay.address() as { port: number };
  const to = { host: '127.0.0.1', port };
  board = await startAgentBoard({ name: 'flooded', broker: to, config: { tm: 1 } });
  host = await TestHost.connect(broker.url, board.uid);
});
afterAll(async () => {
  await host.client.endAsync(true);
  await board.stop();
  await new Promise<void>((resolve) => relay.close(() => resolve()));
  await broker.stop();
});

/** A PUBLISH with a frame of this boot that no key has signed. */
function forged(boot: string): Buffer {
  const topic = Buffer.from(`mpy/${board.uid}/c/nosuchhost00`);
  const head = Buffer.from(`4802${boot.slice(0, 4)}000000010000000200000000`, 'hex');
  const frame = Buffer.concat([head, Buffer.alloc(12)]);
  const length = 2 + topic.length + frame.length;
  return Buffer.concat([Buffer.from([0x30, length, 0, topic.length]), topic, frame]);
}

it('does not keep the agent from its other work', async () => {
  const { boot } = await host.birth();
  const packets = Buffer.concat(Array.from({ length: 500 }, () => forged(boot)));
  const socket = atBoard;
  if (!socket) throw new Error('the board did not connect through the relay');
  let isOn = true;
  const more = () => {
    while (isOn && socket.write(packets));
  };
  socket.on('drain', more);
  more();
  const reports = () => host.other.filter((m) => m.topic.endsWith('/tm')).length;
  const before = reports();
  await host.until('telemetry during the flood', () => reports() > before + 3, 30_000);
  isOn = false;
  expect((await host.birth()).boot).toBe(boot);
});
