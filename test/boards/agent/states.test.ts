import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMosquitto } from '../../lab/index.mjs';
import { ADMIN_KEY, type AgentBoard, startAgentBoard } from '../rig/agent/board';
import { Op, TestHost, get, put } from '../rig/agent/host';
import { wire } from '../rig/wire';

let broker: Awaited<ReturnType<typeof startMosquitto>>;
let links: Record<'computer' | 'board', Awaited<ReturnType<typeof wire>>>;
let board: AgentBoard;

beforeAll(async () => {
  broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  links = { computer: await wire(broker.port), board: await wire(broker.port) };
  board = await startAgentBoard({
    name: 'states',
    broker: { host: '127.0.0.1', port: links.board.port, backoff: [1, 1] },
  });
});
afterAll(async () => {
  await board.stop();
  links.computer.stop();
  links.board.stop();
  await broker.stop();
});

/** States of the protocol's conversations: what was sent or received when the line is cut. */
const STATES = [
  ...(['hello', 'put', 'data', 'end', 'get', 'ack', 'exec', 'list', 'rm'] as const).map(
    (op) => ['up', op] as const,
  ),
  ...(['ok', 'ack', 'part', 'data', 'end', 'busy', 'out'] as const).map(
    (op) => ['down', op] as const,
  ),
];

/** Reports the first frame of the kind that is waited for. */
function cutAt(
  host: TestHost,
  direction: 'up' | 'down',
  op: keyof typeof Op,
  cut: () => void,
): () => boolean {
  let done = false;
  const see = (message: Uint8Array | undefined) => {
    if (done || message?.[1] !== Op[op]) return;
    done = true;
    cut();
  };
  if (direction === 'down') {
    host.client.prependListener('message', (topic: string, payload: Buffer) => {
      if (topic.includes('/r/')) see(payload);
    });
  } else {
    const send = host.raw.bind(host);
    host.raw = (payload, topic) => {
      send(payload, topic);
      see(payload);
    };
  }
  return () => done;
}

describe.each(['computer', 'board'] as const)('the line of the %s, cut', (side) => {
  it.each(STATES)('at the first frame %s that is %s', async (direction, op) => {
    const host = await TestHost.connect(`mqtt://127.0.0.1:${links.computer.port}`, board.uid);
    try {
      const wasCut = cutAt(host, direction, op, () => links[side].cut());
      const { mtu, boot } = await host.hello(ADMIN_KEY);
      const content = randomBytes(20 * mtu + 5);
      await put(host, '/states', content);
      expect((await get(host, '/states')).equals(content)).toBe(true);
      const run = await host.exec(
        'try:\n c += 1\nexcept NameError:\n c = 1\nfor i in range(60): print(i, c)',
      );
      expect(run.stdout).toBe(Array.from({ length: 60 }, (_, i) => `${i} 1\r\n`).join(''));
      const { l } = await host.ask(Op.list, { p: '/' });
      expect(JSON.stringify(l)).toContain(`["states","f",${content.length},`);
      expect(await host.ask(Op.rm, { p: '/states' })).toEqual({ n: 1 });
      expect((await host.exec('print(c)\ndel c')).stdout).toBe('1\r\n');
      expect(wasCut()).toBe(true);
      expect(host.births.at(-1)?.boot).toBe(boot);
    } finally {
      await host.client.endAsync(true);
    }
  });
});
