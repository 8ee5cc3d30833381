import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  encodeFrame,
  encodeJsonAndBytes,
  makeFrame,
} from '../../../../src/core/agent/agentProtocol';
import { AgentRefusal, Op, TestHost } from './host';

const NO_HASH = '0'.repeat(64);
const json = (o: object) => Buffer.from(JSON.stringify(o));

/**
 * Requests that change nothing even with the right role: refused for another reason, or answered.
 * The last one restarts the board.
 */
const REQUESTS: readonly (readonly [string, number, Uint8Array])[] = [
  ['PING', Op.ping, Buffer.from('x')],
  ['STAT', Op.stat, json({ p: '/main.py' })],
  ['LIST', Op.list, json({ p: '/' })],
  ['HASH', Op.hash, json({ p: '/main.py' })],
  ['STATFS', Op.statfs, json({})],
  ['LOGGET', Op.logget, json({ s: 1 })],
  ['LOGGET `rm`', Op.logget, json({ rm: 1 })],
  ['GET', Op.get, json({ p: '/missing' })],
  ['GET of `/mpyfleet/boot.json`', Op.get, json({ p: '/mpyfleet/boot.json', o: 1 << 20 })],
  ['GET of `/mpyfleet/config.json`', Op.get, json({ p: '/mpyfleet/config.json' })],
  ['INTR', Op.intr, new Uint8Array()],
  ['STDIN', Op.stdin, Buffer.from('x')],
  ['TIME', Op.time, json({})],
  ['TIME with `t`', Op.time, json({ t: 1_900_000_000 })],
  ['APP', Op.app, json({ do: 'info' })],
  ['APP with `p`', Op.app, json({ do: 'start', p: '/missing' })],
  ['EXEC', Op.exec, encodeJsonAndBytes({ n: 1, h: NO_HASH }, Buffer.from('1'))],
  ['COMPLETE', Op.complete, json({ t: 'x' })],
  ['PUT', Op.put, json({ p: '/', n: 1, h: NO_HASH })],
  ['MKDIR', Op.mkdir, json({ p: '/' })],
  ['RM', Op.rm, json({ p: '/missing' })],
  ['MV', Op.mv, json({ p: '/missing', to: '/other' })],
  ['CFG', Op.cfg, json({})],
  ['OTA', Op.ota, json({ do: 'info' })],
  ['RESET with `slot`', Op.reset, json({ m: 'none', slot: 'a' })],
  ['RESET `safe`', Op.reset, json({ m: 'normal' })],
  ['RESET', Op.reset, json({ m: 'none' })],
];

/**
 * Tries every request without a key and with each key.
 * @returns rows as in docs/protocol.md: the request, then who may send it
 */
export async function findRoles(
  url: string,
  uid: string,
  keys: Readonly<Record<'viewer' | 'operator' | 'admin', Uint8Array>>,
): Promise<string[]> {
  const found = new Map<string, string[]>();
  const note = (name: string, may: boolean) =>
    found.set(name, [...(found.get(name) ?? []), may ? 'yes' : '']);
  const host = await TestHost.connect(url, uid);
  const { boot } = await host.birth();
  const aux = parseInt(boot.slice(0, 4), 16);
  await host.hello(keys.viewer, 'viewer'); // someone's session under this cid
  for (const [name, op, payload] of REQUESTS) {
    const before = host.unsigned.length;
    let answered = false;
    host.tap(() => (answered = true));
    const frame = makeFrame(op as typeof Op.ping, host.newId(), { aux, counter: 500, payload });
    await host.until('a refusal', () => {
      host.raw(encodeFrame(frame));
      return host.unsigned.length > before || answered;
    });
    note(name, answered);
    host.unsigned.length = 0;
  }
  for (const role of ['viewer', 'operator', 'admin'] as const) {
    await host.hello(keys[role], role);
    for (const [name, op, payload] of REQUESTS) {
      if (role === 'admin' && name === 'RESET `safe`') {
        note(name, true); // it would restart the board
        continue;
      }
      const reqid = host.newId();
      const send = () => host.send(makeFrame(op as typeof Op.ping, reqid, { payload }));
      if (op === Op.stdin) {
        // Without code that reads it, it is accepted without an answer, so what arrives before the
        // answer to a PING counts.
        let refused = false;
        host.listen(reqid, (f) => (refused ||= f.op === Op.err));
        send();
        const next = host.newId();
        await host.exchange(next, () => host.send(makeFrame(Op.ping, next)));
        note(name, !refused);
        continue;
      }
      const outcome = await host.exchange(reqid, send).catch((error: unknown) => error);
      if (outcome instanceof Error && !(outcome instanceof AgentRefusal)) throw outcome;
      note(name, !(outcome instanceof AgentRefusal && outcome.code === 'EROLE'));
    }
  }
  await host.client.endAsync(true);
  return [...found].map(([name, may]) => `| ${name} | ${may.join(' | ')} |`.replace(/ +/g, ' '));
}

/** Reads those rows from docs/protocol.md. */
export function documentedRoles(count: number): string[] {
  const doc = readFileSync(join(import.meta.dirname, '../../../../docs/protocol.md'), 'utf8');
  const lines = doc.split('\n').map((line) => line.replace(/ +/g, ' ').replace(/-+/g, '-'));
  const start = lines.indexOf('| request | no key | viewer | operator | admin |');
  return lines.slice(start + 2, start + 2 + count);
}
