import { deflateSync } from 'node:zlib';
import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  AgentSession,
  decodeError,
  decodeFrame,
  decodeJson,
  encodeJsonAndBytes,
  type Frame,
  keyForRole,
  makeFrame,
  Op,
  type OpCode,
  type Role,
} from '../../../../src/core/agent';
import { Deferred, systemClock } from '../../../../src/core/async';
import type { BoardFiles } from '../../../../src/core/boardFiles';
import { text } from '../../../../src/core/bytes';
import { Emitter } from '../../../../src/core/events';
import { FileError, ProgramRunningError } from '../../../../src/core/errors';
import { silentLog } from '../../../../src/core/log';
import type { SharedLine } from '../../../../src/core/share/sharedLine';
import type { Session } from '../../../../src/core/transport';
import { ConsoleLog } from '../../../../src/transports/shared/consoleLog';
import { HostSessions } from '../../../../src/transports/shared/hostSessions';
import { SharedAgent } from '../../../../src/transports/shared/sharedAgent';

const UID = '6b69746368656e';
const KEY = Buffer.alloc(32, 7);
const CID = 'abcdefgh01';
const FACTS = {
  ...{ uid: UID, name: 'kitchen', firmware: '1.25.0', platform: 'linux', machine: '', mpy: 0 },
  home: '/',
};

/** The agent's half with a board that has two files, and a host that speaks with it. */
function start(files: Partial<BoardFiles> = {}, running = false, own: Partial<SharedLine> = {}) {
  const none = new Emitter<never>().event;
  const sent: Buffer[] = [];
  const written: string[] = [];
  const board: Partial<BoardFiles> = {
    stat: (path) => Promise.reject(new FileError('ENOENT', path, 'missing')),
    list: () => Promise.resolve([{ name: 'WEBREP~1', type: 'file', size: 1 }]),
    write: (path) => Promise.resolve(void written.push(path)),
    ...files,
  };
  const line: SharedLine = {
    ...{ files: board as BoardFiles, state: running ? 'program' : 'idle', takesInput: true },
    ...{ onDidChange: none, onOutput: none, onClose: none },
    withSession: () => Promise.reject(new ProgramRunningError('kitchen')),
    interrupt: () => Promise.resolve(),
    softReset: () => Promise.resolve(),
    ...own,
  };
  const sessions = new HostSessions(UID, KEY, systemClock);
  const agent = new SharedAgent({
    ...{ facts: FACTS, line, sessions, clock: systemClock, log: silentLog },
    console: () => new ConsoleLog(sessions.boot, systemClock, 4096, () => true),
    publish: (_, message) => Promise.resolve(void sent.push(message)),
    ...{ onState: () => undefined, onSession: () => undefined, onReset: () => undefined },
  });
  const open = (role: Role, key: Uint8Array, cid = CID) => {
    const host = hostOf(sessions, role, key, cid);
    const before = sent.length;
    agent.receive(cid, host.hello(1));
    for (const message of sent.slice(before)) host.decode(message);
    return host;
  };
  /** The answer to a request; it may take some turns of the event loop. */
  const ask = async (host: AgentSession, frame: Frame): Promise<Frame> => {
    const before = sent.length;
    agent.receive(CID, host.encode(frame));
    for (;;) {
      for (const message of sent.slice(before)) {
        const answer = host.decode(message);
        if (typeof answer === 'object' && answer.op !== Op.busy) return answer;
      }
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
  };
  const json = (host: AgentSession, op: OpCode, reqid: number, body: object) =>
    ask(host, makeFrame(op, reqid, { payload: Buffer.from(JSON.stringify(body)) }));
  return { agent, sessions, sent, written, open, ask, json };
}

/** A host that knows the board's birth; it has not greeted the board yet. */
function hostOf(sessions: HostSessions, role: Role, key: Uint8Array, cid: string): AgentSession {
  const nonce = sessions.nonce.toString('hex');
  return new AgentSession({ uid: UID, cid, boot: sessions.boot, nonce, role, key });
}

const refused = (answer: Frame) => (answer.op === Op.err ? decodeError(answer).code : 'OK');

it('opens no session for a wrong key, or for another role, boot or host', () => {
  const { open, sessions, agent, sent } = start();
  expect(open('admin', KEY).isOpen).toBe(true);
  expect(open('viewer', keyForRole(KEY, UID, 'viewer')).isOpen).toBe(true);
  expect(open('admin', randomBytes(32)).isOpen).toBe(false);
  expect(open('admin', keyForRole(KEY, UID, 'viewer')).isOpen).toBe(false);
  const host = hostOf(sessions, 'admin', KEY, CID);
  const hello = host.hello(1);
  const before = sent.length;
  agent.receive('otherhost1', hello); // it was made for another cid
  sessions.restart();
  agent.receive(CID, hello);
  for (const message of sent.slice(before)) expect(decodeFrame(message).frame.op).toBe(Op.err);
});

it('answers a flood without a key at most ten times a second, without using memory', () => {
  const { agent, sent, open } = start();
  const host = open('admin', KEY);
  const ping = host.encode(makeFrame(Op.ping, 2));
  const before = sent.length;
  for (let i = 0; i < 2_000; i++) {
    const junk = i % 3 === 0 ? randomBytes(i % 80) : Buffer.from(ping);
    const at = 20 + (i % Math.max(1, junk.length - 20));
    if (junk.length > 20) junk[at] = (junk[at] ?? 0) ^ (1 + (i % 255));
    agent.receive(CID, junk);
    agent.receive(`stranger${String(i % 90).padStart(2, '0')}`, ping);
  }
  expect(sent.length - before).toBeLessThan(30);
  expect(agent.junk).toBeGreaterThan(3_000);
});

it('keeps four sessions and accepts a numbered HELLO when copies fill all places', async () => {
  const { open, sent, ask, sessions, agent } = start();
  for (let i = 0; i < 6; i++) open('admin', KEY, `copies000${i}`);
  const late = open('admin', KEY);
  expect(late.isOpen).toBe(false);
  const { ck } = decodeJson(decodeFrame(sent.at(-1) ?? Buffer.of()).frame.payload);
  const host = hostOf(sessions, 'admin', KEY, CID);
  agent.receive(CID, host.hello(1, Number(ck)));
  host.decode(sent.at(-1) ?? Buffer.of());
  expect(host.isOpen).toBe(true);
  expect(refused(await ask(host, makeFrame(Op.ping, 2)))).toBe('OK');
});

it('refuses files that may contain keys, by any name', async () => {
  const { open, json } = start({ stat: () => Promise.resolve({ type: 'file', size: 1 }) });
  const admin = open('admin', KEY);
  const paths = ['/webrepl_cfg.py', '/WebREPL_cfg.py', '/mpyfleet/config.json', '/webrepl~1.py'];
  for (const [i, p] of paths.entries()) {
    expect(refused(await json(admin, Op.get, i + 2, { p })), p).toBe('EROLE');
  }
  for (const [i, p] of ['/../x', 'x', '/a//b', '/a\0', `/${'x'.repeat(300)}`, 7, null].entries()) {
    expect(refused(await json(admin, Op.get, i + 20, { p })), String(p)).toBe('EINVAL');
  }
});

it('rejects files that are larger than announced, compressed or not, and writes nothing', async () => {
  const { open, json, ask, written } = start();
  const host = open('admin', KEY);
  const bomb = deflateSync(Buffer.alloc(8 * 1024 * 1024), { windowBits: 10 });
  const h = createHash('sha256').update('x').digest('hex');
  const put = await json(host, Op.put, 2, { p: '/x', n: 1, h, zn: bomb.length });
  expect(put.op).toBe(Op.ack);
  for (let at = 0; at < bomb.length; at += 4096) {
    const payload = bomb.subarray(at, at + 4096);
    await ask(host, makeFrame(Op.data, 2, { payload, offset: at, flags: 0x10 }));
  }
  expect(refused(await ask(host, makeFrame(Op.end, 2, { offset: bomb.length })))).toBe('EVERIFY');
  expect(refused(await json(host, Op.put, 3, { p: '/x', n: 2 ** 29, h }))).toBe('ETOOBIG');
  expect(refused(await json(host, Op.put, 4, { p: '/x', n: -1, h }))).toBe('EINVAL');
  expect((await json(host, Op.put, 5, { p: '/x', n: 1, h })).op).toBe(Op.ack);
  const more = makeFrame(Op.data, 5, { payload: Buffer.from('xx') });
  expect(refused(await ask(host, more))).toBe('ETOOBIG');
  expect(written).toEqual([]);
});

it('reports a running program instead of stopping it', async () => {
  const { open, json, ask } = start(
    { stat: () => Promise.reject(new ProgramRunningError('x')) },
    true,
  );
  const host = open('admin', KEY);
  const answer = await json(host, Op.stat, 2, { p: '/x' });
  expect(decodeError(answer)).toMatchObject({ code: 'EBUSY', details: { app: 1 } });
  const n = createHash('sha256').update('').digest('hex');
  const head = Buffer.from(JSON.stringify({ n: 0, h: n }));
  const payload = Buffer.concat([Buffer.from([0, head.length]), head]);
  const exec = await ask(host, makeFrame(Op.exec, 3, { payload }));
  expect(decodeError(exec)).toMatchObject({ code: 'EBUSY', details: { app: 1 } });
});

it('accepts input for code only from the session that runs it', async () => {
  const typed: string[] = [];
  const ended = new Deferred<void>();
  const exec: Session['exec'] = async (_code, { onStart } = {}) => {
    onStart?.((data) => Promise.resolve(void typed.push(text(data))));
    await ended.promise;
    return new Uint8Array();
  };
  const withSession: SharedLine['withSession'] = (work) => work({ exec });
  const { agent, open, ask, sent } = start({}, false, { withSession });
  const admin = open('admin', KEY);
  const operator = open('operator', keyForRole(KEY, UID, 'operator'));
  const code = Buffer.from('exec(input())');
  const h = createHash('sha256').update(code).digest('hex');
  const head = encodeJsonAndBytes({ n: code.length, h }, code);
  agent.receive(CID, admin.encode(makeFrame(Op.exec, 2, { payload: head })));
  await expect.poll(() => agent.isRunning).toBe(true);
  const input = (line: string) => ({ payload: Buffer.from(line) });
  const evil = await ask(operator, makeFrame(Op.stdin, 2, input('evil\r')));
  expect(refused(evil)).toBe('EROLE');
  expect((await ask(admin, makeFrame(Op.stdin, 2, input('mine\r')))).op).not.toBe(Op.err);
  expect(typed).toEqual(['mine\r']);
  ended.resolve();
  expect(sent.length).toBeGreaterThan(0);
});

it('takes the next code at once after code that was not what was announced, or was cancelled', async () => {
  const { open, ask } = start();
  const admin = open('admin', KEY);
  const payload = encodeJsonAndBytes({ n: 1, h: '0'.repeat(64) }, Buffer.from('1'));
  for (const reqid of [2, 3]) {
    const refusal = await ask(admin, makeFrame(Op.exec, reqid, { payload }));
    expect(refused(refusal)).toBe('EVERIFY');
  }
  const part = encodeJsonAndBytes({ n: 9, h: '0'.repeat(64) }, Buffer.from('1'));
  await ask(admin, makeFrame(Op.exec, 4, { payload: part }));
  expect(refused(await ask(admin, makeFrame(Op.cancel, 4)))).toBe('ECANCEL');
  expect(refused(await ask(admin, makeFrame(Op.exec, 5, { payload })))).toBe('EVERIFY');
});

it('ends requests of colleagues who have left, so that many of them do not pile up', async () => {
  let waiting = 0;
  const stat: BoardFiles['stat'] = async (_path, signal) => {
    waiting++;
    const ended = new Deferred<undefined>();
    signal?.addEventListener('abort', () => ended.resolve(undefined));
    await ended.promise;
    waiting--;
    return { type: 'file', size: 1 };
  };
  const { open, agent } = start({ stat });
  const key = keyForRole(KEY, UID, 'viewer');
  const payload = Buffer.from('{"p":"/x"}');
  for (let i = 0; i < 20; i++) {
    const cid = `colleague${String(i).padStart(2, '0')}`;
    const host = open('viewer', key, cid);
    for (let n = 2; n < 8; n++) {
      agent.receive(cid, host.encode(makeFrame(Op.stat, n, { payload })));
    }
    // The others lose their places to those that follow.
    if (i % 2 === 0) agent.receive(cid, host.encode(makeFrame(Op.bye, 9)));
  }
  await expect.poll(() => waiting).toBeLessThanOrEqual(16);
  expect(waiting).toBeGreaterThanOrEqual(4);
  agent.dispose();
});
