import { createHash, randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Flag, makeFrame } from '../../../src/core/agent/agentProtocol';
import { startMosquitto } from '../../lab/index.mjs';
import { ADMIN_KEY, type AgentBoard, startAgentBoard } from '../rig/agent/board';
import { Op, TestHost, get, put } from '../rig/agent/host';

let broker: Awaited<ReturnType<typeof startMosquitto>>;
let board: AgentBoard;
let host: TestHost;
let mtu = 0;
const sha = (b: Buffer) => createHash('sha256').update(b).digest('hex');

beforeAll(async () => {
  broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  board = await startAgentBoard({
    name: 'files',
    broker: { host: '127.0.0.1', port: broker.port },
  });
  host = await TestHost.connect(broker.url, board.uid);
  mtu = (await host.hello(ADMIN_KEY)).mtu;
});
afterAll(async () => {
  await host.client.endAsync(true);
  await board.stop();
  await broker.stop();
});

describe('put and get', () => {
  it('moves files of awkward sizes both ways', async () => {
    for (const n of [0, 1, mtu - 1, mtu, mtu + 1, 4095, 4096, 4097, 3 * mtu, 120_000]) {
      const content = randomBytes(n);
      expect(await put(host, `/d/size${n}`, content)).toMatchObject({ n });
      expect(sha(await get(host, `/d/size${n}`)), `${n} bytes`).toBe(sha(content));
    }
    const files = await board.files();
    expect(Object.keys(files).filter((f) => f.includes('~'))).toEqual([]);
    expect(files['/d/size120000']?.length).toBe(120_000);
    await host.ask(Op.rm, { p: '/d', r: 1 });
  });

  it.each(["a'b", 'a b', 'a#b+c', 'ünï/çødé', 'a"b\\c', '日本.py'])(
    'accepts the name %j',
    async (name) => {
      const content = Buffer.from(name.repeat(3));
      await put(host, `/n/${name}`, content);
      expect(await get(host, `/n/${name}`)).toEqual(content);
      const page = await host.ask(Op.list, { p: '/n', r: 1 });
      expect((page.l as unknown[][]).map((e) => e[0])).toContain(name);
      await host.ask(Op.rm, { p: '/n', r: 1 });
    },
  );

  it('answers immediately if the file already exists', async () => {
    await put(host, '/same', Buffer.from('same'));
    expect(await put(host, '/same', Buffer.from('same'))).toMatchObject({ same: 1 });
  });

  it('accepts compressed content', async () => {
    const content = Buffer.from('print("hello")\n'.repeat(3000));
    const wire = deflateSync(content, { windowBits: 10 });
    expect(wire.length * 10).toBeLessThan(content.length);
    expect(await put(host, '/z.py', content, { wire, more: { zn: wire.length } })).toMatchObject({
      n: content.length,
    });
    expect(sha(await get(host, '/z.py'))).toBe(sha(content));
    const bad = Buffer.from(wire);
    bad[40] = (bad[40] ?? 0) ^ 255;
    const again = put(host, '/z.py', Buffer.from(content).fill('x', 0, 1), {
      ...{ wire: bad, more: { zn: bad.length } },
    });
    await expect(again).rejects.toMatchObject({ code: 'EVERIFY' });
    expect(sha(await get(host, '/z.py'))).toBe(sha(content));
    await host.ask(Op.rm, { p: '/z.py' });
  });

  it('keeps the old file if the content differs from the announcement', async () => {
    await put(host, '/keep', Buffer.from('old'));
    const more = { h: sha(Buffer.from('something else')) };
    const refused = put(host, '/keep', Buffer.from('new'), { more });
    await expect(refused).rejects.toMatchObject({ code: 'EVERIFY' });
    expect((await get(host, '/keep')).toString()).toBe('old');
  });

  it('refuses files that do not fit, and leaves nothing behind', async () => {
    const { f } = await host.ask(Op.statfs, { p: '/' });
    const refused = put(host, '/big', Buffer.alloc(10), { more: { n: Number(f) + 1 } });
    await expect(refused).rejects.toMatchObject({ code: 'ENOSPC' });
    const page = await host.ask(Op.list, { p: '/' });
    expect(JSON.stringify(page)).not.toContain('~');
  });

  it('resumes an earlier attempt with the same content', async () => {
    const content = randomBytes(40 * mtu);
    const broken = put(host, '/resume', content, {
      onData: (offset) => {
        if (offset >= 20 * mtu) {
          throw new Error('cable cut');
        }
      },
    });
    await expect(broken).rejects.toThrow('cable cut');
    let first = -1;
    await put(host, '/resume', content, { onData: (o) => void (first = first < 0 ? o : first) });
    expect(first).toBeGreaterThan(5 * mtu);
    expect(sha(await get(host, '/resume'))).toBe(sha(content));
    await host.ask(Op.rm, { p: '/resume' });
  });

  it('gets from any offset', async () => {
    const content = randomBytes(5000);
    await put(host, '/tail', content);
    expect(await get(host, '/tail', 1234, 1)).toEqual(content.subarray(1234));
    await expect(get(host, '/tail', 5001)).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(get(host, '/nothing')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(get(host, '/mpyfleet')).rejects.toMatchObject({ code: 'EISDIR' });
  });

  it('does not let another computer into a file that is being written', async () => {
    const second = await TestHost.connect(broker.url, board.uid);
    await second.hello(ADMIN_KEY);
    const [a, b] = [randomBytes(30 * mtu), randomBytes(30 * mtu)];
    const hosts = [put(host, '/race', a), put(second, '/race', b)];
    const ends = await Promise.allSettled(hosts);
    const failed = ends.filter((e) => e.status === 'rejected');
    expect(failed).toHaveLength(1);
    expect(failed[0]?.reason).toMatchObject({ code: 'EBUSY' });
    const winner = ends[0]?.status === 'fulfilled' ? a : b;
    expect(sha(await get(host, '/race'))).toBe(sha(winner));
    await Promise.all([put(host, '/one', a), put(second, '/two', b)]);
    expect(sha(await get(second, '/one'))).toBe(sha(a));
    expect(sha(await get(host, '/two'))).toBe(sha(b));
    await second.client.endAsync(true);
    for (const p of ['/race', '/one', '/two']) await host.ask(Op.rm, { p });
  });

  it('cancels', async () => {
    const reqid = host.newId();
    const broken = put(host, '/cancelled', randomBytes(30 * mtu), {
      reqid,
      onData: (offset) => {
        if (offset === 10 * mtu) {
          host.send(makeFrame(Op.cancel, reqid));
        }
      },
    });
    await expect(broken).rejects.toMatchObject({ code: 'ECANCEL' });
    expect(JSON.stringify(await host.ask(Op.list, { p: '/' }))).not.toContain('cancelled');
  });
});

describe('file verbs', () => {
  it('stats, makes, moves, copies, removes', async () => {
    await host.ask(Op.mkdir, { p: '/v/w', par: 1 });
    await host.ask(Op.mkdir, { p: '/v/w', par: 1 });
    await expect(host.ask(Op.mkdir, { p: '/v/w' })).rejects.toMatchObject({ code: 'EEXIST' });
    await put(host, '/v/f', Buffer.from('12345'));
    expect(await host.ask(Op.stat, { p: '/v/f' })).toMatchObject({ t: 'f', n: 5 });
    expect(await host.ask(Op.stat, { p: '/v/w' })).toMatchObject({ t: 'd' });
    await host.ask(Op.mv, { p: '/v/f', to: '/v/w/g', cp: 1 });
    await expect(host.ask(Op.mv, { p: '/v/f', to: '/v/w/g' })).rejects.toMatchObject({
      code: 'EEXIST',
    });
    await host.ask(Op.mv, { p: '/v/f', to: '/v/w/g', o: 1 });
    await expect(host.ask(Op.stat, { p: '/v/f' })).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(host.ask(Op.rm, { p: '/v' })).rejects.toMatchObject({ code: 'ENOTEMPTY' });
    await expect(host.ask(Op.mv, { p: '/v', to: '/v/w/x' })).rejects.toMatchObject({
      code: 'EINVAL',
    });
    expect(await host.ask(Op.rm, { p: '/v', r: 1 })).toEqual({ n: 3 });
    await expect(host.ask(Op.list, { p: '/v' })).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('pages long listings and hashes', async () => {
    await host.exec(
      'import os\nos.mkdir("/many")\nfor i in range(150):\n with open("/many/file%03d" % i, "w") as f: f.write(str(i))',
    );
    for (const op of [Op.list, Op.hash]) {
      const seen: unknown[][] = [];
      let c: unknown;
      let pages = 0;
      do {
        const page = await host.ask(op, { p: '/many', ...(c === undefined ? {} : { c }) });
        seen.push(...(page.l as unknown[][]));
        c = page.c;
        pages++;
      } while (c !== undefined);
      expect(pages).toBeGreaterThan(1);
      expect(seen.map((e) => e[0])).toEqual(
        Array.from({ length: 150 }, (_, i) => `file${String(i).padStart(3, '0')}`),
      );
      if (op === Op.hash) {
        expect(seen[42]?.[4]).toBe(sha(Buffer.from('42')));
      }
    }
    const some = await host.ask(Op.hash, { l: ['/many/file007', '/nope', '/many'] });
    expect(some.l).toMatchObject([
      ['/many/file007', 'f', 1, expect.anything(), sha(Buffer.from('7'))],
      ['/nope', '-', 0, 0, null],
      ['/many', 'd', 0, expect.anything(), null],
    ]);
    await host.ask(Op.rm, { p: '/many', r: 1 });
  });

  it.each(['relative', '/a/../b', '//a', '/a/', '', 5, null, '/x\u0000y', `/${'n'.repeat(255)}`])(
    'refuses the path %j',
    async (p) => {
      await expect(host.ask(Op.stat, { p })).rejects.toMatchObject({ code: 'EINVAL' });
    },
  );

  it('answers unknown requests with EPROTO', async () => {
    const reqid = host.newId();
    const strange = makeFrame(0x55 as never, reqid);
    await expect(host.exchange(reqid, () => host.send(strange))).rejects.toMatchObject({
      ...{ code: 'EPROTO', details: { v: [2] } },
    });
  });

  it('sends ACK immediately on request', async () => {
    const content = randomBytes(2 * mtu);
    const reqid = host.newId();
    const acks: number[] = [];
    host.listen(reqid, (f) => f.op === Op.ack && acks.push(f.offset));
    const request = { p: '/ask', n: content.length, h: sha(content) };
    host.send(makeFrame(Op.put, reqid, { payload: Buffer.from(JSON.stringify(request)) }));
    await host.until('the first ACK', () => acks.length === 1);
    const payload = content.subarray(0, mtu);
    host.send(makeFrame(Op.data, reqid, { flags: Flag.ackReq, payload }));
    await host.until('the second ACK', () => acks[1] === mtu);
    host.send(makeFrame(Op.cancel, reqid));
  });
});
