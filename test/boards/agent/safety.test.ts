import { createHash, randomBytes } from 'node:crypto';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFrame, encodeJsonAndBytes, makeFrame } from '../../../src/core/agent/agentProtocol';
import { encodeGroupFrame, makeGroupKey } from '../../../src/core/agent/agentMacs';
import { AgentSession } from '../../../src/core/agent/agentProtocolSession';
import { startMosquitto } from '../../lab/index.mjs';
import {
  ADMIN_KEY,
  type AgentBoard,
  OPERATOR_KEY,
  VIEWER_KEY,
  startAgentBoard,
} from '../rig/agent/board';
import { type Fault, Op, TestHost, get, put } from '../rig/agent/host';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let broker: Awaited<ReturnType<typeof startMosquitto>>;
let board: AgentBoard;

beforeAll(async () => {
  broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  const link = { host: '127.0.0.1', port: broker.port };
  board = await startAgentBoard({ name: 'safe', broker: link, config: { tags: ['lab'] } });
});
afterAll(async () => {
  await board.stop();
  await broker.stop();
});

async function withHost<T>(work: (host: TestHost) => Promise<T>): Promise<T> {
  const host = await TestHost.connect(broker.url, board.uid);
  try {
    return await work(host);
  } finally {
    await host.client.endAsync(true);
  }
}

describe('authority', () => {
  it('permits each role only its own operations', () =>
    withHost(async (host) => {
      await host.hello(VIEWER_KEY, 'viewer');
      expect(host.lastHello.role).toBe('viewer');
      await host.ask(Op.list, { p: '/' });
      const notViewer = [Op.get, Op.intr, Op.reset, Op.time, Op.app, Op.put, Op.rm, Op.mv] as const;
      for (const op of [...notViewer, Op.mkdir, Op.cfg, Op.ota, Op.complete] as const) {
        const refused = host.ask(op, { p: '/x', t: 'x', to: '/y', n: 1, h: 'a'.repeat(64) });
        await expect(refused, `op ${op.toString(16)}`).rejects.toMatchObject({ code: 'EROLE' });
      }
      await expect(host.exec('print(1)')).rejects.toMatchObject({ code: 'EROLE' });
      await host.hello(OPERATOR_KEY, 'operator');
      expect((await get(host, '/main.py')).toString()).toContain('mpyfleet.start');
      await expect(get(host, '/mpyfleet/config.json')).rejects.toMatchObject({ code: 'EROLE' });
      await expect(get(host, '/MPYFLEET/Config.JSON')).rejects.toMatchObject({ code: 'EROLE' });
      await expect(host.exec('print(1)')).rejects.toMatchObject({ code: 'EROLE' });
      await host.hello(ADMIN_KEY, 'admin');
      await expect(get(host, '/mpyfleet/config.json')).rejects.toMatchObject({ code: 'EROLE' });
    }));

  it('answers neither a wrong key nor the key of another role', () =>
    withHost(async (host) => {
      await host.birth();
      for (const [key, role] of [
        [randomBytes(32), 'admin'],
        [VIEWER_KEY, 'admin'],
      ] as const) {
        const before = host.unsigned.length;
        const hello = host.hello(key, role).catch((e: unknown) => e);
        await host.until('a refusal', () => host.unsigned.length > before);
        expect(host.unsigned.at(-1)?.aux).toBe(6); // EAUTH
        expect(host.session.isOpen).toBe(false);
        void hello;
      }
    }));

  it('accepts no replayed, forged, cut or unsigned frame', () =>
    withHost(async (host) => {
      await host.hello(ADMIN_KEY);
      await host.exec('n = 0');
      const code = Buffer.from('n += 1');
      const payload = encodeJsonAndBytes({ n: code.length, h: sha256(code) }, code);
      const reqid = host.newId();
      const message = host.session.encode(makeFrame(Op.exec, reqid, { payload }));
      await host.exchange(reqid, () => host.raw(message));
      for (let i = 0; i < 10; i++) {
        host.raw(message);
      }
      const forged = Buffer.from(message);
      forged.writeUInt32BE(host.newId(), 4);
      host.raw(forged);
      host.raw(message.subarray(0, -1));
      host.raw(message.subarray(0, 20));
      host.raw(Buffer.alloc(3));
      host.raw(
        encodeFrame(
          makeFrame(Op.exec, host.newId(), { payload, aux: message.readUInt16BE(2), counter: 999 }),
        ),
      );
      const bits = Buffer.from(message);
      bits[bits.length - 1] = (bits.at(-1) ?? 0) ^ 1;
      host.raw(bits);
      expect((await host.exec('print(n)')).stdout).toBe('1\r\n');
    }));

  it('does not let one computer into the session or the transfer of another', () =>
    withHost(async (host) => {
      await host.hello(ADMIN_KEY);
      const message = host.session.encode(makeFrame(Op.ping, host.newId()));
      await withHost(async (other) => {
        await other.hello(ADMIN_KEY);
        await other.until('a refusal', () => {
          other.raw(message); // on the other's topic; at most one refusal a second
          return other.unsigned[0]?.aux === 6;
        });
        other.raw(message, `mpy/${board.uid}/c/${host.cid}x`);
        await other.ask(Op.statfs, {});
      });
      expect(await host.ask(Op.intr)).toEqual({ hit: 0 });
    }));

  it('ignores retained messages', () =>
    withHost(async (host) => {
      await host.hello(ADMIN_KEY);
      await host.exec('r = 0');
      const code = Buffer.from('r = 1');
      const payload = encodeJsonAndBytes({ n: code.length, h: sha256(code) }, code);
      const message = host.session.encode(makeFrame(Op.exec, host.newId(), { payload }));
      const topic = `mpy/${board.uid}/c/${host.cid}`;
      const boots = host.births.length;
      const clientId = `mpy-${board.uid}`; // anyone who connects with the board's name disconnects it for a moment
      const usurper = await connectAsync(broker.url, { clientId, reconnectPeriod: 0 });
      await host.client.publishAsync(topic, message, { qos: 1, retain: true });
      await usurper.endAsync(true);
      await host.until('the board again', () => host.births.length > boots);
      expect((await host.exec('print(r)')).stdout).toBe('0\r\n');
      await host.client.publishAsync(topic, '', { retain: true });
    }));

  it('starts a new session when the counters are used up', () =>
    withHost(async (host) => {
      await host.hello(ADMIN_KEY);
      (host.session as unknown as { counter: number }).counter = 0x3ffffffd;
      host.send(makeFrame(Op.ping, host.newId()));
      const last = host.session.encode(makeFrame(Op.ping, host.newId()));
      await host.until('a refusal', () => {
        host.raw(last); // EAUTH, said once a second at most, then ESTALE: the session is gone
        return host.unsigned.some((f) => f.aux === 5);
      });
      expect(() => host.session.encode(makeFrame(Op.ping, 1))).toThrow(/no message numbers left/);
      await host.hello(ADMIN_KEY);
      await host.ask(Op.statfs, {});
    }));
});

describe('faults on the way', () => {
  const every = (
    k: number,
    what: 'drop' | 'twice' | 'late',
    where: 'up' | 'down' | 'both',
  ): Fault => {
    return (direction, n) =>
      n % k === 0 && (where === 'both' || where === direction) ? what : 'pass';
  };
  const faults = (['drop', 'twice', 'late'] as const).flatMap((what) =>
    (['up', 'down'] as const).flatMap((where) => [3, 7].map((k) => [what, where, k] as const)),
  );

  it.each(faults)('%s every message %s, each %i th', async (what, where, k) => {
    await withHost(async (host) => {
      const { mtu } = await host.hello(ADMIN_KEY);
      host.fault = every(k, what, where);
      const content = randomBytes(9 * mtu + 17);
      await put(host, '/faulty', content);
      expect((await get(host, '/faulty')).equals(content)).toBe(true);
      const run = await host.exec(
        'try:\n c += 1\nexcept NameError:\n c = 1\nfor i in range(40): print(i, c)',
      );
      host.fault = () => 'pass';
      const count = Number((await host.exec('print(c)\ndel c')).stdout);
      expect(count).toBe(1);
      expect(run.stdout).toBe(Array.from({ length: 40 }, (_, i) => `${i} 1\r\n`).join(''));
      await host.ask(Op.rm, { p: '/faulty' });
    });
  });
});

describe('restarts', () => {
  it('refuses frames for the previous boot, and deletes its leftovers', () =>
    withHost(async (host) => {
      const { boot, mtu } = await host.hello(ADMIN_KEY);
      await put(host, '/data', Buffer.from('old content'));
      let sent = 0;
      const cut = put(host, '/data', randomBytes(20 * mtu), {
        onData: () => {
          if (++sent === 12) {
            throw new Error('power cut');
          }
        },
      });
      await expect(cut).rejects.toThrow('power cut');
      const code = Buffer.from('open("/stale", "w").close()');
      const payload = encodeJsonAndBytes({ n: code.length, h: sha256(code) }, code);
      const stale = host.session.encode(makeFrame(Op.exec, host.newId(), { payload }));
      await board.restart();
      await host.birth(boot);
      host.raw(stale);
      await host.until('ESTALE', () => host.unsigned.some((f) => f.aux === 5));
      await host.hello(ADMIN_KEY, 'admin', boot);
      expect((await get(host, '/data')).toString()).toBe('old content');
      const { l } = await host.ask(Op.list, { p: '/' });
      const names = (l as unknown[][]).map((e) => String(e[0]));
      expect(names.filter((n) => n.includes('~') || n === 'stale')).toEqual([]);
    }));

  it('says goodbye before a requested reset, and returns with a new boot id', () =>
    withHost(async (host) => {
      const { boot } = await host.hello(ADMIN_KEY);
      await host.ask(Op.reset, { m: 'hard' });
      const next = await host.birth(boot);
      expect(next.boot).not.toBe(boot);
      const gone = host.other.filter(
        (m) => m.payload.includes('"on": 0') || m.payload.includes('"on":0'),
      );
      expect(JSON.parse(String(gone.at(-1)?.payload))).toMatchObject({ boot, why: 'reset' });
      await host.hello(ADMIN_KEY, 'admin', boot);
      await host.ask(Op.reset, { m: 'soft' });
      await host.birth(next.boot);
    }));
});

describe('groups', () => {
  it('requests only missing frames, and accepts only frames of the right key', () =>
    withHost(async (host) => {
      const { mtu, boot, nonce } = await host.hello(ADMIN_KEY);
      expect(boot + nonce).toBeTruthy();
      const content = randomBytes(12 * mtu);
      const h = createHash('sha256').update(content).digest('hex');
      const reqid = host.newId();
      const group = 4242;
      const gk = makeGroupKey();
      const g = { id: group, k: host.session.sealGroupKey(gk, reqid) };
      const payload = Buffer.from(JSON.stringify({ p: '/fleet.bin', n: content.length, h, g }));
      const naks: number[] = [];
      let acked = -1;
      const send = (i: number, key: Buffer) => {
        const rest = { offset: i * mtu, payload: content.subarray(i * mtu, (i + 1) * mtu) };
        host.raw(encodeGroupFrame(makeFrame(Op.data, group, rest), key), `mpy/g/lab/c/${host.cid}`);
      };
      let over = false;
      const done = host
        .exchange(
          reqid,
          () => host.send(makeFrame(Op.put, reqid, { payload })),
          (f) => {
            if (f.op === Op.nak) {
              naks.push(f.offset);
            }
            acked = f.op === Op.ack ? f.offset : acked;
          },
        )
        .finally(() => (over = true));
      await host.until('acceptance', () => acked === 0);
      send(0, gk);
      send(1, makeGroupKey()); // forged: it has no effect
      for (const i of [2, 3]) {
        send(i, gk);
      }
      await host.until('a NAK', () => {
        send(3, gk);
        return naks.includes(mtu);
      });
      for (let i = 1; i < 12; i++) {
        send(i, gk);
      }
      host.send(makeFrame(Op.end, reqid, { offset: content.length }));
      expect(JSON.parse(Buffer.from((await done).payload).toString())).toMatchObject({
        n: content.length,
      });
      expect(over).toBe(true);
      expect((await get(host, '/fleet.bin')).equals(content)).toBe(true);
      expect(new Set(naks)).toEqual(new Set([mtu]));
    }));
});

describe('open mode', () => {
  it('works without keys, says so, and accepts no signed frames', async () => {
    const open = await startAgentBoard({
      name: 'open',
      broker: { host: '127.0.0.1', port: broker.port },
      config: { mode: 'open', keys: {} },
    });
    const host = await TestHost.connect(broker.url, open.uid);
    expect((await host.hello(undefined)).mode).toBe('open');
    expect((await host.exec('print(5)')).stdout).toBe('5\r\n');
    const { boot, nonce } = await host.birth();
    const signed = new AgentSession({
      uid: open.uid,
      cid: host.cid,
      boot,
      nonce,
      role: 'admin',
      key: ADMIN_KEY,
    });
    host.raw(signed.hello(99));
    await host
      .until('a refusal', () => host.unsigned.some((f) => f.aux === 6) || undefined)
      .catch(() => {
        throw new Error('a signed HELLO was not refused in open mode');
      });
    await host.client.endAsync(true);
    await open.stop();
  });
});
