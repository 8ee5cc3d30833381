import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  decodeError,
  encodeFrame,
  encodeJsonAndBytes,
  type Frame,
  makeFrame,
} from '../../../../src/core/agent/agentProtocol';
import { AgentRefusal, Op, TestHost } from './host';

const NO_HASH = '0'.repeat(64);
const json = (o: object) => Buffer.from(JSON.stringify(o));

type Request = readonly [name: string, op: number, payload: Uint8Array];

/**
 * Requests that change nothing even with the right role: refused for another reason, or answered.
 * Each is tried without a key and with each key.
 */
const REQUESTS: readonly Request[] = [
  ['PING', Op.ping, Buffer.from('x')],
  ['STAT', Op.stat, json({ p: '/main.py' })],
  ['LIST', Op.list, json({ p: '/' })],
  ['HASH', Op.hash, json({ p: '/main.py' })],
  ['STATFS', Op.statfs, json({})],
  ['LOGGET', Op.logget, json({ s: 1 })],
  ['LOGGET `crash`', Op.logget, json({ crash: 1 })],
  ['LOGGET `msg`', Op.logget, json({ msg: 1, s: 0 })],
  ['LOGGET `rm`', Op.logget, json({ rm: 1 })],
  ['GET', Op.get, json({ p: '/missing' })],
  ['GET of `/secrets.py`', Op.get, json({ p: '/secrets.py', o: 1 << 20 })],
  ['GET of `/mpyfleet/boot.json`', Op.get, json({ p: '/mpyfleet/boot.json', o: 1 << 20 })],
  ['GET of `/mpyfleet/config.json`', Op.get, json({ p: '/mpyfleet/config.json' })],
  ['INTR', Op.intr, new Uint8Array()],
  ['TIME', Op.time, json({})],
  ['TIME with `t`', Op.time, json({ t: 1_900_000_000 })],
  ['APP `info`', Op.app, json({ do: 'info' })],
  ['APP `start`', Op.app, json({ do: 'start' })],
  ['APP `start` with `p`', Op.app, json({ do: 'start', p: '/missing' })],
  ['APP `stop`', Op.app, json({ do: 'stop' })],
  ['APP `a` `info`', Op.app, json({ a: 'info' })],
  ['APP `a` `msg`', Op.app, json({ a: 'msg', id: 'roles', t: 'x' })],
  ['APP `a` `set`', Op.app, json({ a: 'set', worker: 60 })],
  ['APP `a` `awake`', Op.app, json({ a: 'awake', s: 0 })],
  ['APP `a` `plan`', Op.app, json({ a: 'plan', load: 1 })],
  ['EXEC', Op.exec, encodeJsonAndBytes({ n: 1, h: NO_HASH }, Buffer.from('1'))],
  ['COMPLETE', Op.complete, json({ t: 'x' })],
  ['PUT', Op.put, json({ p: '/', n: 1, h: NO_HASH })],
  ['MKDIR', Op.mkdir, json({ p: '/' })],
  ['RM', Op.rm, json({ p: '/missing' })],
  ['MV', Op.mv, json({ p: '/missing', to: '/other' })],
  ['CFG', Op.cfg, json({})],
  ['CFG `set`', Op.cfg, json({ set: {} })],
  ['CFG `x`', Op.cfg, json({ x: '' })],
  ['CFG `lv`', Op.cfg, json({ lv: 'I', for: 1 })],
  ['OTA `info`', Op.ota, json({ do: 'info' })],
  ['OTA `begin`', Op.ota, json({ do: 'begin', n: 1, h: NO_HASH })],
  ['OTA `abort`', Op.ota, json({ do: 'abort' })],
];

/** Input is tried while the board's program runs, and while code of another session does. */
const STDIN = 'STDIN';
const STDIN_OF_ANOTHER = 'STDIN for the code of another session';
const BYE: Request = ['BYE', Op.bye, new Uint8Array()];

/** Requests after which the board starts again, if they are obeyed. */
const RESTARTS: readonly Request[] = [
  ['RESET `soft`', Op.reset, json({ m: 'soft' })],
  ['RESET `hard`', Op.reset, json({ m: 'hard' })],
  ['RESET with `slot`', Op.reset, json({ m: 'hard', slot: 'a' })],
  ['RESET `safe`', Op.reset, json({ m: 'safe' })],
  ['RESET `normal`', Op.reset, json({ m: 'normal' })],
];

const WHO = ['no key', 'viewer', 'operator', 'admin'] as const;
type Keys = Readonly<Record<'viewer' | 'operator' | 'admin', Uint8Array>>;

/** A board's answer to each request, by the role that sent it: `OK` or the name of the error. */
export type Seen = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Tries every request without a key and with each key, at a board that runs nothing. */
export async function tryRequests(url: string, uid: string, keys: Keys): Promise<Seen> {
  const seen = new Map<string, Map<string, string>>();
  const note = (name: string, who: string, what: string) =>
    seen.set(name, (seen.get(name) ?? new Map<string, string>()).set(who, what));
  const host = await TestHost.connect(url, uid);
  const owner = await TestHost.connect(url, uid);
  for (const who of WHO) {
    let { boot } = await host.birth();
    await host.hello(who === 'no key' ? keys.viewer : keys[who], who === 'no key' ? 'viewer' : who);
    const attempt = async ([name, op, payload]: Request) => {
      const frame = makeFrame(op as typeof Op.ping, host.newId(), { payload });
      note(name, who, who === 'no key' ? await unsigned(host, frame) : await signed(host, frame));
    };
    for (const request of REQUESTS) await attempt(request);
    await attempt([STDIN, Op.stdin, Buffer.from('x')]);
    await whileCodeRuns(owner, keys.admin, () =>
      attempt([STDIN_OF_ANOTHER, Op.stdin, Buffer.from('theirs\r')]),
    );
    await attempt(BYE);
    for (const restart of RESTARTS) {
      if (who !== 'no key') await host.hello(keys[who], who);
      await attempt(restart);
      if (seen.get(restart[0])?.get(who) !== 'OK') continue;
      ({ boot } = await host.birth(boot));
    }
    // Nothing that was refused has restarted the board.
    await host.hello(keys.viewer, 'viewer');
    if ((await host.birth()).boot !== boot) throw new Error(`the board has restarted for ${who}`);
  }
  await owner.client.endAsync(true);
  await host.client.endAsync(true);
  return seen;
}

/** Sends a request without a tag until there is an answer, which is a refusal unless it is signed. */
async function unsigned(host: TestHost, frame: Frame): Promise<string> {
  const { boot } = await host.birth();
  const message = encodeFrame({ ...frame, aux: parseInt(boot.slice(0, 4), 16), counter: 500 });
  const before = host.refusals.length;
  const heard = { answer: false };
  host.tap(() => (heard.answer = true));
  await host.until('a refusal', () => {
    host.raw(message);
    return host.refusals.length > before || heard.answer;
  });
  host.unsigned.length = 0;
  return heard.answer ? 'OK' : (host.refusals.at(-1)?.code ?? '');
}

async function signed(host: TestHost, frame: Frame): Promise<string> {
  const send = () => host.send(frame);
  const refused = (error: unknown) => {
    if (error instanceof AgentRefusal) return error.code;
    throw error;
  };
  if (frame.op !== Op.stdin) return host.exchange(frame.reqid, send).then(() => 'OK', refused);
  // Input that nothing reads is accepted without an answer, so what arrives before the answer to
  // a PING counts.
  let code = 'OK';
  host.listen(frame.reqid, (f) => {
    if (f.op === Op.err) code = decodeError(f).code;
  });
  send();
  const next = host.newId();
  await host.exchange(next, () => host.send(makeFrame(Op.ping, next)));
  return code;
}

/** Runs code that reads a line, and checks that it gets that of its own session. */
async function whileCodeRuns(
  owner: TestHost,
  key: Uint8Array,
  work: () => Promise<void>,
): Promise<void> {
  await owner.hello(key);
  const reqid = owner.newId();
  let printed = '';
  const end = owner.exec('print("go")\nprint(input())', {}, reqid, (text) => (printed += text));
  await owner.until('go', () => printed.includes('go'));
  await work();
  owner.send(makeFrame(Op.stdin, reqid, { payload: Buffer.from('mine\r') }));
  const { stdout } = await end;
  if (!stdout.includes('mine') || stdout.includes('theirs')) throw new Error(stdout);
}

/** Rows as in docs/protocol.md: the request, then who may send it. */
export function rolesOf(seen: Seen): string[] {
  return [...seen].map(([name, by]) => {
    const may = WHO.map((who) =>
      ['EROLE', 'EAUTH', 'ESTALE'].includes(by.get(who) ?? 'EROLE') ? '' : 'yes',
    );
    return `| ${name} | ${may.join(' | ')} |`.replace(/ +/g, ' ');
  });
}

/** Reads those rows from docs/protocol.md. */
export function documentedRoles(count: number): string[] {
  const doc = readFileSync(join(import.meta.dirname, '../../../../docs/protocol.md'), 'utf8');
  const lines = doc.split('\n').map((line) => line.replace(/ +/g, ' ').replace(/-+/g, '-'));
  const start = lines.indexOf('| request | no key | viewer | operator | admin |');
  return lines.slice(start + 2, start + 2 + count);
}
