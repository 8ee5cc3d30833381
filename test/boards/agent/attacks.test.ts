/**
 * Attacks on a real board by someone with a lower key, with a copy of the broker's traffic, or in
 * control of the broker.
 */
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeFrame, encodeJsonAndBytes, makeFrame } from '../../../src/core/agent/agentProtocol';
import { keyForRole } from '../../../src/core/agent/agentMacs';
import { AgentSession, type Role } from '../../../src/core/agent/agentProtocolSession';
import { isSigned, withoutTags } from '../../../src/core/agent/agentProtocolTags';
import { startMosquitto } from '../../lab/index.mjs';
import {
  ADMIN_KEY,
  type AgentBoard,
  OPERATOR_KEY,
  VIEWER_KEY,
  startAgentBoard,
} from '../rig/agent/board';
import { get, Op, put, TestHost } from '../rig/agent/host';
import { RAM_DISK } from '../rig/fatBoard';
import { announced, connectHost, linkTo } from '../rig/mqttRig';

let broker: Awaited<ReturnType<typeof startMosquitto>>;
let board: AgentBoard;
let host: TestHost;

beforeAll(async () => {
  broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  board = await startAgentBoard({
    name: 'attacked',
    broker: { host: '127.0.0.1', port: broker.port },
    config: { tm: 1 },
    files: { '/webrepl_cfg.py': 'PASS = "hidden"\n', '/secrets.py': 'KEY = 1\n' },
  });
  host = await TestHost.connect(broker.url, board.uid);
});
afterAll(async () => {
  await host.client.endAsync(true);
  await board.stop();
  await broker.stop();
});

beforeEach(() => {
  host.unsigned.length = 0;
});

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const topic = () => `mpy/${board.uid}/c/${host.cid}`;

/** Opens another session under the same cid, unknown to the owner of that cid. */
async function intruder(key: Uint8Array, role: Role): Promise<AgentSession> {
  const { boot, nonce } = await host.birth();
  const session = new AgentSession({ uid: board.uid, cid: host.cid, boot, nonce, role, key });
  const client = await TestHost.connect(broker.url, board.uid);
  await client.client.subscribeAsync(`mpy/${board.uid}/r/${host.cid}`, { qos: 1 });
  client.session = session;
  client.raw(session.hello(0x20000000), topic());
  await client.until('an answer to HELLO', () => session.isOpen);
  await client.client.endAsync(true);
  return session;
}

/**
 * Ended sessions of six programs with the right key: anyone can send their HELLO again. Each call
 * sends one.
 */
async function endedHosts(): Promise<(() => void)[]> {
  const { boot, nonce } = await host.birth();
  return Array.from({ length: 6 }, (_, i) => {
    const cid = `ended${randomBytes(4).toString('hex').slice(0, 5)}${i}`;
    const rest = { uid: board.uid, cid, boot, nonce, key: ADMIN_KEY } as const;
    const hello = new AgentSession({ ...rest, role: 'admin' }).hello(1);
    return () => host.raw(hello, `mpy/${board.uid}/c/${cid}`);
  });
}

describe('the session of an admin', () => {
  it("rejects a lesser key: only the admin's code runs", async () => {
    await host.hello(ADMIN_KEY);
    const { mtu } = await host.birth();
    const code = Buffer.from(`mine = True\n${'#'.repeat(2 * mtu)}`);
    const head = { n: code.length, h: sha256(code), mode: 'exec' };
    const payload = encodeJsonAndBytes(head, code.subarray(0, 500));
    const reqid = host.newId();
    let credit = false;
    const done = host.exchange(
      reqid,
      () => host.send(makeFrame(Op.exec, reqid, { payload })),
      (f) => (credit ||= f.op === Op.ack || f.op === Op.nak),
    );
    await host.until('credit', () => credit);
    const evil = await intruder(VIEWER_KEY, 'viewer');
    const theirs = Buffer.alloc(mtu, '\nowned = True\n');
    for (const op of [Op.data, Op.end, Op.cancel] as const) {
      host.raw(evil.encode(makeFrame(op, reqid, { offset: 500, payload: theirs })), topic());
    }
    for (let at = 500; at < code.length; at += mtu) {
      host.send(makeFrame(Op.data, reqid, { offset: at, payload: code.subarray(at, at + mtu) }));
    }
    await done;
    expect((await host.exec('print(mine, "owned" in globals())')).stdout).toBe('True False\r\n');
  });

  it('gives its results to no other session', async () => {
    await host.hello(ADMIN_KEY);
    const reqid = host.newId();
    await host.ask(Op.cfg, {}, reqid);
    const own = host.session;
    host.session = await intruder(VIEWER_KEY, 'viewer');
    await expect(host.ask(Op.cfg, {}, reqid)).rejects.toMatchObject({ code: 'EROLE' });
    host.session = own;
    await host.ask(Op.statfs);
  });

  it('runs only code whose hash was announced', async () => {
    await host.hello(ADMIN_KEY);
    await expect(host.exec('x = 1', { h: '0'.repeat(64) })).rejects.toMatchObject({
      code: 'EVERIFY',
    });
    await expect(host.exec('x = 1', { h: '' })).rejects.toMatchObject({ code: 'EINVAL' });
    expect((await host.exec('print(2)')).stdout).toBe('2\r\n');
  });

  it('survives copies of HELLO, and hosts without a key', async () => {
    await host.hello(ADMIN_KEY);
    const old = host.sentMessages.filter((m) => m.payload[1] === Op.hello).map((m) => m.payload);
    const ended = await endedHosts();
    await host.hello(ADMIN_KEY);
    await host.ask(Op.statfs); // which makes it a session in use
    for (let round = 0; round < 3; round++) {
      for (const hello of old) host.raw(hello);
      ended.forEach((send) => send());
    }
    expect(await host.ask(Op.intr)).toEqual({ hit: 0 });
  });

  it('begins despite copies of HELLO, and is not displaced before its first frame', async () => {
    const ended = await endedHosts();
    const { boot, nonce } = await host.birth();
    const rest = { uid: board.uid, boot, nonce, role: 'admin', key: ADMIN_KEY } as const;
    const session = new AgentSession({ ...rest, cid: host.cid });
    const refused = () => host.refusals.map((e) => e.details.ck).find((n) => n !== undefined);
    host.refusals.length = 0;
    ended.forEach((send) => send());
    host.session = session;
    host.raw(session.hello(0x20000001));
    const ck = await host.until('a number to say', refused);
    expect(ck).toBeTypeOf('number');
    host.raw(session.hello(0x20000001, Number(ck)));
    await host.until('an answer to HELLO', () => session.isOpen);
    // The program's own HELLO with the number is now a copy like any other.
    const copy = host.sentMessages.at(-1)?.payload ?? Buffer.alloc(0);
    for (let round = 0; round < 3; round++) {
      ended.forEach((send) => send());
      host.raw(copy);
    }
    const before = host.unsigned.length;
    await host.ask(Op.statfs);
    expect(host.unsigned.slice(before)).toEqual([]);
  });

  it('is opened by the product while copies of HELLO arrive', async () => {
    const ended = await endedHosts();
    const { brokers, broker: own } = await connectHost({ url: broker.url });
    await announced(own, board.uid);
    const link = linkTo({ brokers, board });
    ended.forEach((send) => send());
    const flood = setInterval(() => ended.forEach((send) => send()), 5);
    await link.open(AbortSignal.timeout(20_000));
    const printed = await link.withSession((s) => s.exec('print(6*7)'));
    expect(Buffer.from(printed).toString().trim()).toBe('42');
    clearInterval(flood);
    await link.close();
    brokers.dispose();
  });

  it('is ended by its own BYE only, and by that once', async () => {
    const { boot } = await host.hello(ADMIN_KEY);
    await host.ask(Op.statfs);
    const bye = host.session.encode(makeFrame(Op.bye, host.newId()));
    const opened = host.unsigned.length;
    host.raw(bye);
    await host.until('the end', () => {
      host.send(makeFrame(Op.ping, host.newId()));
      // ESTALE, or EAUTH while HELLOs of earlier tests wait for their first frame.
      return host.unsigned.slice(opened).some((f) => f.aux === 5 || f.aux === 6);
    });
    await host.hello(ADMIN_KEY);
    await host.ask(Op.statfs);
    const before = host.unsigned.length;
    const own = host.session;
    const aux = parseInt(boot.slice(0, 4), 16);
    for (const [key, role] of [
      [VIEWER_KEY, 'viewer'],
      [OPERATOR_KEY, 'operator'],
    ] as const) {
      const other = await intruder(key, role);
      host.raw(other.encode(makeFrame(Op.bye, host.newId())));
    }
    host.raw(bye);
    host.raw(encodeFrame(makeFrame(Op.bye, host.newId(), { aux, counter: 900 })));
    const changed = Buffer.from(own.encode(makeFrame(Op.ping, host.newId())));
    changed[1] = Op.bye;
    host.raw(changed);
    await host.ask(Op.statfs);
    expect(host.unsigned.slice(before).filter((f) => f.aux === 5)).toEqual([]);
    expect(host.session).toBe(own);
  });

  it('continues a transfer after a new HELLO', async () => {
    await host.hello(ADMIN_KEY);
    const { mtu, boot, nonce } = await host.birth();
    const content = Buffer.alloc(8 * mtu, 'content ');
    let sent = 0;
    await put(host, '/renewed.bin', content, {
      onData: () => {
        if (++sent !== 3) return;
        const key = ADMIN_KEY;
        const cid = host.cid;
        const session = new AgentSession({ uid: board.uid, cid, boot, nonce, role: 'admin', key });
        host.session = session;
        host.raw(session.hello(host.newId()));
        // Frames cannot be signed before the answer has arrived.
        const encode = session.encode.bind(session);
        session.encode = (f) => (session.isOpen ? encode(f) : Buffer.alloc(0));
      },
    });
    expect(await get(host, '/renewed.bin')).toEqual(content);
  });
});

it('accepts only frames for this board, role and host', async () => {
  const { boot, nonce } = await host.birth();
  const right = {
    uid: board.uid,
    cid: host.cid,
    boot,
    nonce,
    role: 'admin',
    key: ADMIN_KEY,
  } as const;
  const wrong: Partial<Record<keyof typeof right, string>>[] = [
    { uid: 'ab12' },
    { role: 'operator' },
    { cid: 'someother' },
  ];
  for (const part of wrong) {
    const before = host.unsigned.length;
    host.session = new AgentSession({ ...right, ...part } as typeof right);
    await host.until('a refusal', () => {
      host.raw(host.session.hello(77));
      return host.unsigned.length > before;
    });
    expect(host.session.isOpen).toBe(false);
  }
});

it('speaks version 2 only', async () => {
  const { boot, nonce } = await host.birth();
  const role = 'admin';
  const old = {
    uid: board.uid,
    cid: host.cid,
    boot,
    nonce,
    role,
    key: ADMIN_KEY,
    proto: 1,
  } as const;
  host.session = new AgentSession(old);
  const before = host.unsigned.length;
  await host.until('a refusal', () => {
    host.raw(host.session.hello(78));
    return host.unsigned.length > before;
  });
  expect(host.unsigned.at(-1)?.aux).toBe(13); // EPROTO
});

it('signs what it publishes, for each role', async () => {
  host.other.length = 0;
  await host.hello(ADMIN_KEY);
  await host.exec('print("for the log")\nraise ValueError("seen")').catch(() => undefined);
  await host.ask(Op.app, { do: 'info' });
  await host.until('telemetry', () => host.other.some((m) => m.topic.endsWith('/tm')));
  const { raw: payload } = host.other.find((m) => m.topic.endsWith('/tm')) ?? {
    raw: Buffer.alloc(0),
  };
  const about = { uid: board.uid, leaf: 'tm' };
  for (const [role, key] of [
    ['admin', ADMIN_KEY],
    ['operator', OPERATOR_KEY],
    ['viewer', VIEWER_KEY],
  ] as const) {
    expect(isSigned(payload, { ...about, role, key }), role).toBe(true);
    expect(isSigned(payload, { ...about, role, key: Buffer.alloc(32) })).toBe(false);
    expect(isSigned(payload, { ...about, leaf: 'ev', role, key })).toBe(false);
    expect(isSigned(payload, { ...about, uid: 'ab', role, key })).toBe(false);
  }
  expect(JSON.parse(Buffer.from(withoutTags(payload)).toString())).toHaveProperty('up');
  const changed = Buffer.from(payload);
  changed[10] = (changed[10] ?? 0) ^ 1;
  expect(isSigned(changed, { ...about, role: 'admin', key: ADMIN_KEY })).toBe(false);
});

it("derives its keys from the admin's if none are configured", async () => {
  const key = ADMIN_KEY.toString('hex');
  const one = await startAgentBoard({
    name: 'derived',
    broker: { host: '127.0.0.1', port: broker.port },
    config: { keys: { admin: key } },
  });
  const other = await TestHost.connect(broker.url, one.uid);
  await other.hello(keyForRole(ADMIN_KEY, one.uid, 'viewer'), 'viewer');
  await other.ask(Op.list, { p: '/' });
  await expect(other.exec('1')).rejects.toMatchObject({ code: 'EROLE' });
  await other.client.endAsync(true);
  await one.stop();
});

describe('secrets', () => {
  const names = [
    ...['/mpyfleet/config.json', '/MPYFLEET/Config.JSON', '/webrepl_cfg.py', '/WEBREPL_CFG.PY'],
    ...['/mpyfleet/config.json~', '/mpyfleet/other.key'],
  ];

  it.each(names)('shows %s to no one', async (path) => {
    await host.hello(ADMIN_KEY);
    await host.exec(
      `for n in ("config.json~", "other.key"): open("/mpyfleet/" + n, "w").close()
for n in ("/MPYFLEET", ):
 try: import os; os.mkdir(n)
 except OSError: pass
for n in ("/MPYFLEET/Config.JSON", "/WEBREPL_CFG.PY"):
 try: open(n, "r").close()
 except OSError: open(n, "w").close()`,
    );
    for (const [key, role] of [
      [ADMIN_KEY, 'admin'],
      [OPERATOR_KEY, 'operator'],
    ] as const) {
      await host.hello(key, role);
      await expect(get(host, path), role).rejects.toMatchObject({ code: 'EROLE' });
      const { l } = await host.ask(Op.hash, { l: [path] });
      expect((l as unknown[][])[0]?.[4], role).toBeNull();
    }
    await host.hello(ADMIN_KEY);
    for (const cp of [0, 1]) {
      const moved = host.ask(Op.mv, { p: path, to: '/copy.txt', cp });
      await expect(moved).rejects.toMatchObject({ code: 'EROLE' });
    }
  });

  it('cannot be read by another name on FAT, which has several names for a file', async () => {
    await host.hello(ADMIN_KEY);
    const kinds = {
      '/fat/mpyfleet/config.json': [
        ...[
          '/fat/mpyfleet/CONFIG~1.JSO',
          '/fat/MPYFLEET/config.json.',
          '/fat/mpyfleet/config.json ',
        ],
        ...[
          '/fat/mpyfleet./config.json',
          '/fat/mpyfleet /config.json',
          '/fat/mpyfleet\\\\config.json',
        ],
      ],
      '/fat/webrepl_cfg.py': ['/fat/WEBREP~1.PY', '/fat/webrepl_cfg.py.', '/fat/WebREPL_cfg.py '],
      '/fat/secrets.py': ['/fat/SECRETS.PY', '/fat/secrets.py.', '/fat/secrets.py  '],
    };
    const { stdout } = await host.exec(`${RAM_DISK}
disk = RAM(100)
vfs.VfsFat.mkfs(disk)
vfs.mount(vfs.VfsFat(disk), "/fat")
os.mkdir("/fat/mpyfleet")
for p in (${Object.keys(kinds)
      .map((p) => `"${p}"`)
      .join()}):
    with open(p, "w") as f: f.write("hidden")
for p in (${Object.values(kinds)
      .flat()
      .map((p) => `"${p}"`)
      .join()}):
    try: print(os.stat(p)[6])
    except OSError: print(-1)`);
    // Most of these names lead to the file. The others are tried as well.
    const there = stdout.trim().split('\r\n');
    expect(there.filter((size) => size === '6').length, stdout).toBeGreaterThan(8);
    for (const [key, role] of [
      [OPERATOR_KEY, 'operator'],
      [ADMIN_KEY, 'admin'],
    ] as const) {
      await host.hello(key, role);
      for (const path of Object.values(kinds).flat()) {
        if (role === 'admin' && path === '/fat/SECRETS.PY') continue; // only an admin may read it
        const read = await get(host, path.replace('\\\\', '\\')).then(
          () => 'read',
          (error: unknown) => (error as { code?: string }).code,
        );
        expect(['EROLE', 'ENOENT'], `${role} ${path}`).toContain(read);
      }
    }
    await host.hello(ADMIN_KEY);
    await host.exec('import vfs; vfs.umount("/fat")');
  });

  it('are set sealed only', async () => {
    await host.hello(ADMIN_KEY);
    for (const set of [
      { keys: { viewer: 'a'.repeat(64) } },
      { wifi: [] },
      { broker: { host: 'x' } },
    ]) {
      await expect(host.ask(Op.cfg, { set })).rejects.toMatchObject({ code: 'EINVAL' });
    }
    // With these, the board could not start and would be reachable only by cable.
    const bad = [
      ...['zz', 'z'.repeat(64), 'ab'.repeat(31), 7, {}].map((admin) => ({ keys: { admin } })),
      { keys: { admin: null, operator: null, viewer: null } },
      { keys: 'x' },
      ...[5, {}, { host: '' }, { host: 'x', port: 0 }, { host: 'x', port: '1883' }].map((to) => ({
        broker: to,
      })),
      ...['home', [{}], [{ ssid: '' }], [{ ssid: 'x', key: 5 }]].map((wifi) => ({ wifi })),
      ...['a b', '', 7, '/x', 'x//y', '+'].map((root) => ({ root })),
    ];
    for (const set of bad) {
      const id = host.newId();
      const asked = host.ask(Op.cfg, { x: host.session.seal(JSON.stringify(set), id) }, id);
      await expect(asked, JSON.stringify(set)).rejects.toMatchObject({ code: 'EINVAL' });
    }
    const reqid = host.newId();
    const secret = 'ab'.repeat(32);
    const x = host.session.seal(JSON.stringify({ keys: { viewer: secret } }), reqid);
    await host.ask(Op.cfg, { x }, reqid);
    expect(host.sentMessages.some((m) => m.payload.includes(secret))).toBe(false);
    const { cfg } = await host.ask(Op.cfg);
    expect((cfg as { keys: string[] }).keys.sort()).toEqual(['admin', 'operator', 'viewer']);
    expect(String((await board.files())['/mpyfleet/config.json'])).toContain(secret);
  });
});

it('does not write the copy of the agent that runs', async () => {
  await host.hello(ADMIN_KEY);
  const refused = { code: 'EROFS' };
  await expect(put(host, '/mpyfleet/a/main.mpy', Buffer.from('x'))).rejects.toMatchObject(refused);
  for (const p of ['/mpyfleet/a/main.mpy', '/mpyfleet/a', '/mpyfleet']) {
    await expect(host.ask(Op.rm, { p, r: 1 }), p).rejects.toMatchObject(refused);
  }
  await expect(host.ask(Op.mv, { p: '/mpyfleet/a', to: '/x' })).rejects.toMatchObject(refused);
  await put(host, '/mpyfleet/b/main.mpy', Buffer.from('x'));
});

it('drops every frame without a tag', async () => {
  await host.hello(ADMIN_KEY);
  const { boot } = await host.birth();
  const aux = parseInt(boot.slice(0, 4), 16);
  const before = host.unsigned.length;
  await host.until('a refusal', () => {
    host.raw(encodeFrame(makeFrame(Op.ping, host.newId(), { aux, counter: 900 })));
    return host.unsigned.length > before;
  });
});
