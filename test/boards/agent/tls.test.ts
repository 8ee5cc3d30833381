import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMosquitto } from '../../lab/index.mjs';
import { ADMIN_KEY, startAgentBoard } from '../rig/agent/board';
import { Op, TestHost, get, put } from '../rig/agent/host';

let broker: Awaited<ReturnType<typeof startMosquitto>>;
let other: Awaited<ReturnType<typeof startMosquitto>>;

beforeAll(async () => {
  const users = { board: 'b-secret', host: 'h-secret' };
  // The rules required by docs/protocol.md section 1.
  const acl = [
    'user board',
    ...['st', 'r/+', 'log', 'tm', 'ev', 'cfgr', 'wd'].map((t) => `topic write mpy/+/${t}`),
    ...['c/+', 'cfg', 'wd'].map((t) => `topic read mpy/+/${t}`),
    'topic read mpy/all/c/+',
    'topic read mpy/g/+/c/+',
    'user host',
    ...['st', 'r/+', 'log', 'tm', 'ev', 'cfgr'].map((t) => `topic read mpy/+/${t}`),
    ...['c/+', 'cfg'].map((t) => `topic write mpy/+/${t}`),
  ];
  broker = await startMosquitto({ tls: true, users, acl, config: ['set_tcp_nodelay true'] });
  other = await startMosquitto({ tls: true });
});
afterAll(async () => {
  await broker.stop();
  await other.stop();
});

const link = (ca: string, ssl: Record<string, unknown> = {}) => ({
  broker: {
    ...{ host: '127.0.0.1', port: broker.tlsPort, user: 'board', password: 'b-secret' },
    ssl: { ca: '/mpyfleet/ca.pem', name: 'localhost', ...ssl },
  },
  heap: 512,
  files: { '/mpyfleet/ca.pem': readFileSync(ca) },
});

describe('TLS with a checked certificate, users and access rules', () => {
  it('carries everything, also while code runs', async () => {
    const board = await startAgentBoard({ name: 'tls', ...link(broker.ca ?? '') });
    const login = { username: 'host', password: 'h-secret' };
    const host = await TestHost.connect(broker.url, board.uid, login);
    await host.hello(ADMIN_KEY);
    const content = Buffer.alloc(30_000, 'secret');
    await put(host, '/s', content);
    expect((await get(host, '/s')).equals(content)).toBe(true);
    let seen = '';
    const run = host.exec('print("go")\nwhile True: pass', {}, host.newId(), (t) => (seen += t));
    await host.until('go', () => seen.includes('go'));
    expect((await host.ask(Op.stat, { p: '/s' })).n).toBe(30_000);
    await host.ask(Op.intr);
    expect((await run).stderr).toContain('KeyboardInterrupt');
    await host.client.endAsync(true);
    await board.stop();
  });

  it.each([
    ['another authority', () => link(other.ca ?? '')],
    ['another name', () => link(broker.ca ?? '', { name: 'elsewhere.example' })],
  ])('does not connect with a certificate of %s', async (name, make) => {
    const board = await startAgentBoard({ name: `no${name.length}`, ...make() });
    const login = { username: 'host', password: 'h-secret' };
    const host = await TestHost.connect(broker.url, board.uid, login);
    await host.until('the error', () => /no broker: [^\n]+\n/.test(board.printed()));
    expect(board.printed()).toMatch(/no broker: .*certificate/i);
    expect(host.births).toEqual([]);
    await host.client.endAsync(true);
    await board.stop();
  });
});
