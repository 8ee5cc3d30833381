import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readProfile, readProfiles } from '../../../../src/core/broker/brokerProfiles';
import { decodeFrame, decodeJson, Op } from '../../../../src/core/agent/agentProtocol';
import { keyForRole } from '../../../../src/core/agent/agentMacs';
import { FrameCipher } from '../../../../src/core/agent/frameCipher';
import type { Birth, Gone } from '../../../../src/core/agent/agentProtocolPresence';
import type { Encryption } from '../../../../src/core/broker/broker';
import { text, utf8 } from '../../../../src/core/bytes';
import { Emitter } from '../../../../src/core/events';
import { silentLog } from '../../../../src/core/log';
import { AgentClient } from '../../../../src/transports/mqtt/agentClient';
import { BIRTH, FakeClock, settled } from '../../rig/fakeAgent';

const KEY = Buffer.alloc(32, 7);
const BN = '1'.repeat(32);
const SECRET = 'a secret of 33 characters or more';
const mac = (key: Uint8Array, ...parts: (string | Uint8Array)[]) =>
  parts.reduce((h, part) => h.update(part), createHmac('sha256', key)).digest();

/** A board's end of the wire in signed mode, by the words of docs/protocol.md section 4. */
class SignedBoard {
  birth: Birth = { ...BIRTH, mode: 'signed' };
  readonly heard: Uint8Array[] = [];
  readonly clock = new FakeClock();
  readonly client: AgentClient;
  /** Fields of the board's answer to HELLO, in addition to the session's number. */
  answer: (hello: Record<string, unknown>) => object = ({ enc }) => (enc === 1 ? { enc } : {});
  #sessionKey: Buffer = KEY;
  #counter = 0;
  #cipher: FrameCipher | undefined;

  constructor(encrypt?: Encryption, key: Buffer = KEY, role: 'admin' | 'viewer' = 'admin') {
    this.client = new AgentClient({
      ...{ uid: 'aa', cid: 'testhost1', log: silentLog, clock: this.clock },
      ...(encrypt ? { encrypt } : {}),
      birth: () => this.birth,
      onPresence: new Emitter<Birth | Gone>().event,
      key: () => Promise.resolve({ role, key }),
      publish: (message) => {
        this.heard.push(message);
        if (decodeFrame(message).frame.op === Op.hello) this.#greet(message, role, key);
        return Promise.resolve();
      },
    });
  }

  #greet(message: Uint8Array, role: string, key: Buffer): void {
    const { frame } = decodeFrame(message);
    const hello = decodeJson(frame.payload);
    const about = `MPY/2 S\x02aa${String.fromCharCode(role.length)}${role}\x09testhost1`;
    const hn = Buffer.from(String(hello.hn), 'hex');
    const nonces = [Buffer.from(this.birth.nonce, 'hex'), Buffer.from(BN, 'hex'), hn];
    this.#sessionKey = mac(key, about, ...nonces);
    const answer = { bn: BN, role, mtu: 240, win: 4, ...this.answer(hello) };
    this.say(frame.reqid, JSON.stringify(answer));
    if ('enc' in answer) this.#cipher = new FrameCipher(this.#sessionKey, 'b');
  }

  /** OK, signed, and encrypted once the session is. `change` is what happens to it on the way. */
  say(reqid: number, payload: string, change: (bytes: Buffer) => void = () => undefined): void {
    const head = Buffer.alloc(16);
    head.set([0x48, Op.ok]);
    head.writeUInt32BE(reqid, 4);
    head.writeUInt32BE(++this.#counter, 8);
    const plain = Buffer.concat([head, Buffer.from(payload)]);
    const bytes = this.#cipher?.encrypt(plain) ?? plain;
    const message = Buffer.concat([bytes, mac(this.#sessionKey, 'b', bytes).subarray(0, 12)]);
    change(message);
    this.client.receive(message);
  }

  /** The payload of the last frame that came, as it was on the wire and as the board reads it. */
  last(): { op: number; reqid: number; wire: string; read: string } {
    const message = this.heard.at(-1) ?? new Uint8Array();
    const { frame, signed, tag } = decodeFrame(message);
    expect(tag).toEqual(mac(this.#sessionKey, 'h', signed).subarray(0, 12));
    const plain = this.#cipher && new FrameCipher(this.#sessionKey, 'h').decrypt(signed);
    const { op, reqid, payload } = frame;
    return { op, reqid, wire: text(payload), read: text(plain ?? payload) };
  }
}

describe('an encrypted session', () => {
  it.each(['preferred', 'required'] as const)(
    'hides payloads both ways when it is %s',
    async (encrypt) => {
      const board = new SignedBoard(encrypt);
      const asked = board.client.request(Op.stat, utf8(SECRET));
      await settled();
      expect(
        decodeJson(decodeFrame(board.heard[0] ?? new Uint8Array()).frame.payload),
      ).toMatchObject({
        enc: 1,
      });
      const { op, reqid, wire, read } = board.last();
      expect([op, read]).toEqual([Op.stat, SECRET]);
      expect(wire).not.toContain('secret');
      board.say(reqid, `{"n":"${SECRET}"}`);
      expect(text((await asked).payload)).toBe(`{"n":"${SECRET}"}`);
    },
  );

  it("works with a viewer's key", async () => {
    const board = new SignedBoard('required', keyForRole(KEY, 'aa', 'viewer'), 'viewer');
    const asked = board.client.request(Op.list, utf8(SECRET));
    await settled();
    const { reqid, wire } = board.last();
    expect(wire).not.toContain('secret');
    board.say(reqid, '{"l":[]}');
    expect(text((await asked).payload)).toBe('{"l":[]}');
  });

  it('drops an answer that was changed in transit, and accepts the next', async () => {
    const board = new SignedBoard('required');
    const asked = board.client.request(Op.stat, utf8(SECRET));
    await settled();
    const { reqid } = board.last();
    for (const at of [8, 16, 20]) {
      board.say(reqid, '{"n":1}', (bytes) => (bytes[at] = (bytes[at] ?? 0) ^ 1));
    }
    board.say(reqid, '{"n":2}');
    expect(text((await asked).payload)).toBe('{"n":2}');
  });

  const cannot: Record<string, (board: SignedBoard) => void> = {
    'an older agent or a firmware without AES': (b) => (b.answer = () => ({})),
    'an agent of protocol 1': (b) => (b.birth = { ...b.birth, proto: 1 }),
  };
  it.each(Object.keys(cannot))(
    'is refused in one sentence where it is required of %s',
    async (who) => {
      const board = new SignedBoard('required');
      cannot[who]?.(board);
      await expect(board.client.request(Op.stat, utf8(SECRET))).rejects.toMatchObject({
        code: 'connect',
        message: 'kitchen cannot encrypt its messages, which the settings of its broker require',
      });
      expect(board.heard.every((m) => decodeFrame(m).frame.op === Op.hello)).toBe(true);
    },
  );

  it('is refused if required of a board in open mode, which has no key', async () => {
    const board = new SignedBoard('required');
    const open = new AgentClient({
      ...{ uid: 'aa', cid: 'testhost1', log: silentLog, encrypt: 'required' },
      birth: () => ({ ...BIRTH, mode: 'open' }),
      onPresence: new Emitter<Birth | Gone>().event,
      key: () => Promise.resolve(undefined),
      publish: (message) => Promise.resolve(void board.heard.push(message)),
    });
    await expect(open.open()).rejects.toThrow('kitchen cannot encrypt its messages');
    expect(board.heard).toEqual([]);
  });

  it.each(['off', 'preferred'] as const)(
    'is in clear with an older agent when it is %s',
    async (encrypt) => {
      const board = new SignedBoard(encrypt);
      board.answer = () => ({});
      const asked = board.client.request(Op.stat, utf8(SECRET));
      await settled();
      const { reqid, wire } = board.last();
      expect(wire).toBe(SECRET);
      board.say(reqid, '{"n":1}');
      expect(text((await asked).payload)).toBe('{"n":1}');
    },
  );

  it('is not requested by default, and unrequested encryption is rejected', async () => {
    const board = new SignedBoard();
    board.answer = (hello) => (expect(hello).not.toHaveProperty('enc'), { enc: 1 });
    void board.client.request(Op.stat, utf8(SECRET)).catch(() => undefined);
    await settled();
    expect(board.last().wire).toBe(SECRET);
    board.client.dispose();
  });
});

describe('"encrypt" of a broker', () => {
  const url = 'mqtt://host';

  it('is off, preferred or required, and nothing else counts as off', () => {
    expect(readProfile({ id: 'b', url })).toEqual({ id: 'b', name: 'b', url });
    expect(readProfile({ id: 'b', url, encrypt: 'off' })).toEqual({ id: 'b', name: 'b', url });
    expect(readProfile({ id: 'b', url, encrypt: 'required' })).toMatchObject({
      encrypt: 'required',
    });
    for (const encrypt of ['Required', true, '', null]) {
      expect(readProfiles([{ id: 'b', url, encrypt }])).toEqual({
        profiles: [],
        problems: ['"encrypt" of the broker "b" can be off, preferred or required'],
      });
    }
  });
});
