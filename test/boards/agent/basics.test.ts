import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMosquitto } from '../../lab/index.mjs';
import { ADMIN_KEY, type AgentBoard, startAgentBoard } from '../rig/agent/board';
import { Op, TestHost } from '../rig/agent/host';

let broker: Awaited<ReturnType<typeof startMosquitto>>;
let board: AgentBoard;
let host: TestHost;

beforeAll(async () => {
  broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  board = await startAgentBoard({
    name: 'basic',
    broker: { host: '127.0.0.1', port: broker.port },
  });
  host = await TestHost.connect(broker.url, board.uid);
  await host.hello(ADMIN_KEY).catch((e: unknown) => {
    throw new Error(`${String(e)}; the board printed: ${board.printed()}`);
  });
});
afterAll(async () => {
  await host.client.endAsync(true);
  await board.stop();
  await broker.stop();
});

describe('presence', () => {
  it('announces itself', () => {
    expect(host.births[0]).toMatchObject({
      on: true,
      proto: 2,
      name: 'basic',
      mode: 'signed',
      slot: 'a',
    });
    expect(host.births[0]?.caps.has('intr')).toBe(true);
  });
});

describe('requests', () => {
  it('answers PING with its payload', async () => {
    const reqid = host.newId();
    const { makeFrame } = await import('../../../src/core/agent/agentProtocol');
    const frame = makeFrame(Op.ping, reqid, { payload: Buffer.from('abc') });
    const ok = await host.exchange(reqid, () => host.send(frame));
    expect(Buffer.from(ok.payload).toString()).toBe('abc');
  });

  it('lists the root folder', async () => {
    const { l } = await host.ask(Op.list, { p: '/' });
    expect(l).toContainEqual(['mpyfleet', 'd', 0, 0]);
  });

  it('runs code and streams its output', async () => {
    const { result, stdout } = await host.exec('x = 6 * 7\nprint("answer", x)\nprint("end")');
    expect(stdout).toBe('answer 42\r\nend\r\n');
    expect(result).toMatchObject({ ok: 1, drop: 0 });
    expect((await host.exec('x', { mode: 'single' })).stdout).toBe('42\r\n');
    expect((await host.exec('x', { mode: 'eval' })).result).toMatchObject({ ok: 1, r: '42' });
  });
});
