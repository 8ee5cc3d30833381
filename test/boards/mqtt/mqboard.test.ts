import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { text } from '../../../src/core/bytes';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import type { Found } from '../../../src/core/board';
import type { Transport } from '../../../src/core/transport';
import {
  MqboardReply,
  decodeMqboard,
  encodeMqboard,
} from '../../../src/transports/mqboard/mqboardFrames';
import { pollUntil, startMosquitto, startUboard } from '../../lab/index.mjs';
import { agentFiles } from '../rig/agent/board';
import { connectHost } from '../rig/mqttRig';

// The far end speaks the documented wire format of the original mqboard, on a real MicroPython: a responder of our own.

let mosquitto: Awaited<ReturnType<typeof startMosquitto>>;
let board: Awaited<ReturnType<typeof startUboard>>;
let host: Awaited<ReturnType<typeof connectHost>>;
let transport: Transport;
let accepted = false;
let shown: Found | undefined;
/** The result of opening the board before the user has accepted it. */
let refusal: unknown;
let files: SessionFiles;

beforeAll(async () => {
  mosquitto = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  const responder = readFileSync(
    join(import.meta.dirname, '../rig/agent/mqboardResponder.py'),
    'utf8',
  );
  board = await startUboard({
    ...{ name: 'old1', heap: 1000, sizeKib: 4096 },
    files: {
      ...(await agentFiles()),
      '/mpyfleet/__init__.py': '',
      '/main.py': responder.replace('PORT', String(mosquitto.port)),
    },
  });
  host = await connectHost(
    { url: mosquitto.url, legacyPrefix: '+/+' },
    { acceptsOpen: (_, prefix) => Promise.resolve(accepted && prefix === 'old/board') },
  );
  const source = host.brokers.legacySource('b');
  source?.start();
  expect(await pollUntil(() => Promise.resolve(source?.found.length === 1), 20_000)).toBe(true);
  const address = source?.found[0]?.address;
  if (address?.kind !== 'mqboard') throw new Error('no board was found');
  expect(address.text).toBe('mqboard://b/old/board');
  transport = await host.brokers.legacyTransport(address);
  shown = source?.found[0];
  refusal = await transport.open(AbortSignal.timeout(20_000)).catch((error: unknown) => error);
  accepted = true;
  await transport.open(AbortSignal.timeout(20_000));
  files = new SessionFiles((work, options) => transport.withSession(work, options));
});
afterAll(async () => {
  await transport.close();
  host.brokers.dispose();
  await board.stop();
  await mosquitto.stop();
});

it('is in open mode, and is opened only after the user has agreed', () => {
  expect(shown).toMatchObject({ unproven: true, details: { agent: 'mqboard', mode: 'open' } });
  expect(refusal).toMatchObject({ code: 'connect', reason: 'openMode' });
});

it('runs code, and returns its output and errors', async () => {
  const exec = (code: string) => transport.withSession(async (s) => text(await s.exec(code)));
  expect(await exec('print(6 * 7)')).toBe('42\r\n');
  expect(await exec('x = 5')).toBe('');
  expect(await exec('x')).toBe('');
  await expect(exec('1/0')).rejects.toMatchObject({ type: 'ZeroDivisionError' });
  expect(await Promise.all([1, 2, 3].map((n) => exec(`print(${n})`)))).toEqual(
    [1, 2, 3].map((n) => `${n}\r\n`),
  );
});

it('writes and reads files of any name, one after the other, verified', async () => {
  for (const [path, size] of [
    ['/a b#+.bin', 0],
    ['/d/ünï.bin', 1],
    ['/big.bin', 150_001],
  ] as const) {
    const content = randomBytes(size);
    await files.write(path, content);
    const there = await board.files();
    expect(there[path]?.equals(content), path).toBe(true);
    expect(Object.keys(there).filter((p) => p.endsWith('.tmp'))).toEqual([]);
  }
  const there = (await board.files())['/big.bin'];
  const got = await files.read('/big.bin');
  expect(createHash('sha256').update(got).digest()).toEqual(
    createHash('sha256')
      .update(there ?? '')
      .digest(),
  );
  const [a, b] = [randomBytes(40_000), randomBytes(40_000)];
  await Promise.all([files.write('/one.bin', a), files.write('/two.bin', b)]);
  const after = await board.files();
  expect(after['/one.bin']?.equals(a)).toBe(true);
  expect(after['/two.bin']?.equals(b)).toBe(true);
  expect((await files.list('/')).map((e) => e.name)).toContain('one.bin');
});

it('accepts each frame once, and detects missing ones', () => {
  const frame = (seq: number, last = false) =>
    decodeMqboard(encodeMqboard(seq, last, Buffer.from([seq])));
  const reply = new MqboardReply();
  expect(reply.take(frame(0))).toBe(false);
  expect(reply.take(frame(0))).toBe(false);
  expect(reply.take(frame(1, true))).toBe(true);
  expect(reply.parts).toHaveLength(2);
  expect(() => new MqboardReply().take(frame(1))).toThrow(/lost/);
  expect(() => decodeMqboard(new Uint8Array(1))).toThrow(/incomplete frame/);
});
