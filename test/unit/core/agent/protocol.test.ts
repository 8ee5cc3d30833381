import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  Flag,
  MAX_U30,
  Op,
  decodeError,
  decodeFrame,
  encodeFrame,
  encodeJsonAndBytes,
  makeFrame,
} from '../../../../src/core/agent/agentProtocol';
import { parseLogBatch } from '../../../../src/core/agent/agentProtocolLog';
import { parsePresence, parseTopic } from '../../../../src/core/agent/agentProtocolPresence';
import { configMac, encodeGroupFrame, hmac } from '../../../../src/core/agent/agentMacs';
import { AgentSession } from '../../../../src/core/agent/agentProtocolSession';
import { ReplayWindow } from '../../../../src/core/agent/replayWindow';

const key = Buffer.alloc(32, 7);
const boot = '9f03c2aa';
const nonce = '00112233445566778899aabbccddeeff';
const cid = 'abcd1234';
const uid = 'e6614854';
const hostNonce = Buffer.alloc(16, 3);
const bn = 'ffeeddccbbaa99887766554433221100';

/** The board's side, from the words of docs/protocol.md section 4 and not from the code under test. */
function boardKey(): Buffer {
  const mac = createHmac('sha256', key);
  mac.update(`MPY/2 S\x08${uid}\x05admin\x08${cid}`).update(Buffer.from(nonce, 'hex'));
  return mac.update(Buffer.from(bn, 'hex')).update(hostNonce).digest();
}
function boardFrame(op: number, reqid: number, counter: number, payload: string, sk = boardKey()) {
  const head = Buffer.alloc(16);
  head[0] = 0x48;
  head[1] = op;
  head.writeUInt32BE(reqid, 4);
  head.writeUInt32BE(counter, 8);
  const bytes = Buffer.concat([head, Buffer.from(payload)]);
  const tag = createHmac('sha256', sk).update('b').update(bytes).digest().subarray(0, 12);
  return Buffer.concat([bytes, tag]);
}
function openSession(): AgentSession {
  const session = new AgentSession({ uid, cid, boot, nonce, role: 'admin', key, hostNonce });
  session.hello(1);
  expect(session.decode(boardFrame(Op.ok, 1, 1, `{"bn":"${bn}"}`))).toMatchObject({ op: Op.ok });
  return session;
}

describe('frames', () => {
  it('lays fields out as the document says', () => {
    const frame = makeFrame(Op.data, 0x01020304, {
      ...{ flags: Flag.ackReq, aux: 0x9f03, counter: 5, offset: 0x0a0b0c0d },
      payload: Buffer.from('hi'),
    });
    expect(encodeFrame(frame).toString('hex')).toBe('50219f0301020304000000050a0b0c0d6869');
    expect(decodeFrame(encodeFrame(frame)).frame).toEqual(frame);
  });

  it.each([
    ['too short', Buffer.alloc(15, 0x20)],
    ['wrong version', Buffer.concat([Buffer.from('60020000', 'hex'), Buffer.alloc(12)])],
    ['unknown op', Buffer.concat([Buffer.from('20ee0000', 'hex'), Buffer.alloc(12)])],
    [
      'MAC flag without room for a tag',
      Buffer.concat([Buffer.from('2802', 'hex'), Buffer.alloc(20)]),
    ],
    ['reqid above 2^30', Buffer.concat([Buffer.from('20020000ffffffff', 'hex'), Buffer.alloc(8)])],
    ['payload above the mtu', Buffer.concat([Buffer.from('2002', 'hex'), Buffer.alloc(14 + 129)])],
  ])('refuses a frame that is %s', (_, bytes) => {
    expect(() => decodeFrame(bytes, 128)).toThrow(/frame/);
  });

  it('refuses to make a frame with a number out of range', () => {
    expect(() => encodeFrame(makeFrame(Op.ping, MAX_U30 + 1))).toThrow(/range/);
  });

  it('puts JSON before bytes with a length', () => {
    expect(Buffer.from(encodeJsonAndBytes({ n: 1 }, Buffer.from('x'))).toString('latin1')).toBe(
      '\x00\x07{"n":1}x',
    );
  });

  it('reads errors, even malformed ones', () => {
    const good = makeFrame(Op.err, 1, {
      aux: 3,
      payload: Buffer.from('{"c":"ENOSPC","m":"full"}'),
    });
    expect(decodeError(good)).toMatchObject({ code: 'ENOSPC', message: 'full' });
    const bad = makeFrame(Op.err, 1, { aux: 999, payload: Buffer.from('\xff') });
    expect(decodeError(bad)).toMatchObject({ code: 'EFAIL' });
  });
});

describe('sessions', () => {
  it('signs HELLO with the role key over board, role, host and nonce', () => {
    const session = new AgentSession({ uid, cid, boot, nonce, role: 'admin', key, hostNonce });
    const message = session.hello(1);
    const body = message.subarray(0, -12);
    const mac = createHmac('sha256', key).update(`MPY/2 H\x08${uid}\x05admin\x08${cid}`);
    const expected = mac.update(Buffer.from(nonce, 'hex')).update(body).digest().subarray(0, 12);
    expect(message.subarray(-12)).toEqual(expected);
    expect(body.readUInt16BE(2)).toBe(0x9f03);
    expect(JSON.parse(body.subarray(16).toString())).toEqual({
      ...{ v: [2], role: 'admin', boot },
      hn: hostNonce.toString('hex'),
    });
  });

  it('derives the same key as the board, and counts', () => {
    const session = openSession();
    const message = session.encode(makeFrame(Op.ping, 2));
    const body = message.subarray(0, -12);
    expect(message.subarray(-12)).toEqual(hmac(boardKey(), 'h', body).subarray(0, 12));
    expect(body.readUInt32BE(8)).toBe(2);
    expect(session.encode(makeFrame(Op.ping, 3)).readUInt32BE(8)).toBe(3);
  });

  it('rejects a frame that is forged, unsigned, a copy, or signed before HELLO', () => {
    const fresh = new AgentSession({ uid, cid, boot, nonce, role: 'admin', key, hostNonce });
    fresh.hello(1);
    expect(fresh.decode(boardFrame(Op.ok, 1, 1, `{"bn":"${bn}"}`, Buffer.alloc(32)))).toBe(
      'forged',
    );
    expect(fresh.isOpen).toBe(false);
    const session = openSession();
    expect(session.decode(boardFrame(Op.ok, 2, 1, '{}'))).toBe('duplicate');
    expect(session.decode(boardFrame(Op.ok, 2, 2, '{}', Buffer.alloc(32)))).toBe('forged');
    expect(session.decode(encodeFrame(makeFrame(Op.ok, 2, { counter: 3 })))).toBe('unsigned');
    const turned = session.encode(makeFrame(Op.ping, 9));
    expect(session.decode(turned)).toBe('forged');
    expect(session.decode(boardFrame(Op.ok, 2, 2, '{}'))).toMatchObject({ reqid: 2 });
  });

  it('refuses to send before the session is open', () => {
    const session = new AgentSession({ uid, cid, boot, nonce, role: 'admin', key });
    expect(() => session.encode(makeFrame(Op.ping, 1))).toThrow(/no session/);
  });

  it('speaks without tags in open mode', () => {
    const session = new AgentSession({ uid, cid, boot, nonce, role: 'admin', key: undefined });
    expect(session.hello(1)[0]).toBe(0x40);
    const ok = makeFrame(Op.ok, 1, { counter: 1, payload: Buffer.from(`{"bn":"${bn}"}`) });
    expect(session.decode(encodeFrame(ok))).toMatchObject({ op: Op.ok });
    expect(session.encode(makeFrame(Op.ping, 2)).length).toBe(16);
  });

  it('seals a group key and signs group frames with it', () => {
    const session = openSession();
    const gk = Buffer.alloc(16, 9);
    const sealed = Buffer.from(session.sealGroupKey(gk, 77) ?? '', 'hex');
    const mask = hmac(boardKey(), 'group', Buffer.from('0000004d', 'hex'));
    expect(Buffer.from(sealed.map((b, i) => b ^ (mask[i] ?? 0)))).toEqual(gk);
    const frame = encodeGroupFrame(makeFrame(Op.data, 5, { payload: Buffer.from('x') }), gk);
    const body = frame.subarray(0, -12);
    expect(frame.subarray(-12)).toEqual(hmac(gk, 'g', body).subarray(0, 12));
  });

  it('signs a configuration', () => {
    const mac = createHmac('sha256', key).update('MPY/2 C\x04aabb7:{"tm":5}').digest('hex');
    expect(configMac(key, 'aabb', 7, '{"tm":5}')).toBe(mac);
  });
});

describe('replay window', () => {
  it('accepts each counter once, in any order within 24', () => {
    const w = new ReplayWindow();
    expect([1, 3, 2, 2, 3, 30, 6, 5, 6, 29].map((n) => w.accept(n))).toEqual([
      true,
      true,
      true,
      false,
      false,
      true,
      true,
      false,
      false,
      true,
    ]);
  });

  it('agrees with a plain set over a long shuffled run', () => {
    const w = new ReplayWindow();
    const seen = new Set<number>();
    let top = 0;
    let state = 12345;
    for (let i = 0; i < 5000; i++) {
      state = (state * 1103515245 + 12345) % 2147483648;
      const n = Math.max(1, top + (state % 61) - 30);
      expect(w.accept(n)).toBe(!seen.has(n) && n >= top - 24);
      if (n >= top - 24) {
        seen.add(n);
      }
      top = Math.max(top, n);
    }
  });

  it('ends at 2^30', () => {
    const w = new ReplayWindow();
    expect([MAX_U30, MAX_U30 + 1, 0, MAX_U30 - 1].map((n) => w.accept(n))).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });
});

describe('presence', () => {
  const birth = { on: 1, proto: 1, boot, nonce, mode: 'signed', mtu: 1024, win: 8, caps: ['intr'] };
  const parse = (value: unknown) => parsePresence(Buffer.from(JSON.stringify(value)));

  it('reads a birth and a will', () => {
    expect(parse({ ...birth, fs: [100, 50], name: 'kitchen' })).toMatchObject({
      ...{ on: true, name: 'kitchen', mtu: 1024, win: 8, fs: { total: 100, free: 50 } },
    });
    expect(parse({ on: 0, boot, why: 'reset' })).toEqual({ on: false, boot, why: 'reset' });
  });

  it('bounds what a board claims', () => {
    const odd = parse({
      ...birth,
      mtu: 1e9,
      win: 'x',
      name: 'n'.repeat(999),
      mode: 'OPEN',
      caps: {},
    });
    expect(odd).toMatchObject({ mtu: 16384, win: 4, name: 'n'.repeat(64), mode: 'signed' });
  });

  it.each([{ boot: 'zz' }, { nonce: '12' }, { boot: 5 }])('refuses a birth with %j', (part) => {
    expect(() => parse({ ...birth, ...part })).toThrow(/boot id or nonce/);
  });

  it('parses topics', () => {
    expect(parseTopic('mpy', 'mpy/aabb/r/c1')).toEqual({ uid: 'aabb', leaf: 'r', cid: 'c1' });
    expect(parseTopic('mpy', 'mpyx/aabb/st')).toBeUndefined();
    expect(parseTopic('mpy', 'mpy/../st')).toBeUndefined();
  });
});

describe('log batches', () => {
  it('reads records with escapes, numbers and cuts', () => {
    const batch = parseLogBatch(
      Buffer.from(
        `{"boot":"${boot}","s":5,"n":2,"t":99,"u":0,"drop":{"D":3}}\nI\t12\tnet\ta\\nb\\\\n\nO\t13\t\tlong\\…\n`,
      ),
    );
    expect(batch.records).toEqual([
      { seq: 5, level: 'I', ms: 12, logger: 'net', text: 'a\nb\\n', cut: false },
      { seq: 6, level: 'O', ms: 13, logger: '', text: 'long', cut: true },
    ]);
    expect(batch.dropped).toEqual({ D: 3 });
  });

  it.each(['{"boot":"x","s":1,"n":2}\nI\t1\ta\tb\n', '{"boot":"x","s":1,"n":1}\nnonsense\n', 'no'])(
    'refuses %j',
    (bad) => {
      expect(() => parseLogBatch(Buffer.from(bad))).toThrow();
    },
  );
});
