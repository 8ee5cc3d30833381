import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AGENT_VERSION } from '../../../src/core/agent';
import { startMosquitto, startUboard, tempDir } from '../../lab/index.mjs';
import { ADMIN_KEY, agentFiles, type AgentBoard } from '../rig/agent/board';
import { Publisher } from '../rig/agent/release';
import { BuiltCli } from '../rig/cliRig';
import { startAnnounced } from '../rig/mqttRig';

// Updates of the agent and of the firmware over the air in waves, from the shell, on real boards at a real broker.

let cli: BuiltCli;
let broker: Awaited<ReturnType<typeof startMosquitto>>;
let boards: AgentBoard[];
let dir: string;
const at = (i: number) => `mqtt://office/${boards[i]?.uid ?? ''}`;
const all = (of: readonly number[]) => of.map(at).join(',');
const run = (args: string[], env: Record<string, string> = {}) =>
  cli.run(args, {
    cwd: dir,
    env: { MPYFLEET_CONFIG: 'fleet.json', MPYFLEET_KEYS: 'keys.json', ...env },
  });
const parsed = (out: string) =>
  JSON.parse(out) as { board: string; status: string; value?: { result: string } }[];

/** An agent that reports an older version, which is a text in the compiled module. */
async function olderAgent(): Promise<Record<string, Uint8Array>> {
  const files = await agentFiles();
  const main = Buffer.from(files['/mpyfleet/a/main.mpy'] ?? []);
  const from = main.indexOf(AGENT_VERSION, 0, 'latin1');
  expect(from).toBeGreaterThan(0);
  main.write('0.0.1', from, 'latin1');
  return { ...files, '/mpyfleet/a/main.mpy': main };
}

beforeAll(async () => {
  dir = tempDir('waves');
  [cli, broker] = await Promise.all([BuiltCli.build(), startMosquitto()]);
  const old = await olderAgent();
  const flash = readFileSync(join(import.meta.dirname, '../rig/agent/flashHal.py'));
  const started = ['wav1', 'wav2', 'wav3', 'wav4'].map((name) => ({
    ...{ name, heap: 1000, sizeKib: 4096 },
    config: { sessions: 16, wd: { limit: 60, allok: 4 } },
    files: { ...old, '/mpyfleet_hal.py': flash },
  }));
  boards = await startAnnounced(broker, started, { backoff: [1, 1] });
  writeFileSync(join(dir, 'fleet.json'), JSON.stringify({ brokers: { office: broker.url } }));
  const keys = JSON.stringify({ '*': ADMIN_KEY.toString('hex') });
  writeFileSync(join(dir, 'keys.json'), keys, { mode: 0o600 });
}, 60_000);
afterAll(async () => {
  await Promise.all(boards.map((b) => b.stop()));
  await broker.stop();
});

it('boards get a new agent in waves and confirm it; a board that is away gets it when it returns', async () => {
  const old = await run(['-b', all([0, 1]), 'agent', 'update', '--dry-run']);
  expect(old.out).toContain(`0.0.1 -> ${AGENT_VERSION}`);
  await boards[3]?.kill();
  const updating = run([
    ...['-b', all([0, 1, 2, 3]), 'agent', 'update', '--waves', '1', '--wait', '600', '--json'],
  ]);
  // It connects while the others are updated, or afterwards. Both are valid.
  await boards[3]?.restart();
  const { status, out, err } = await updating;
  expect({ status, err }).toMatchObject({ status: 0 });
  expect(parsed(out).map((r) => r.value?.result)).toEqual(
    [0, 1, 2, 3].map(() => `runs agent ${AGENT_VERSION}`),
  );
  expect(err).toMatch(/wave 1: 1 of \d/);
  const again = await run(['-b', all([0, 3]), 'agent', 'update', '--json']);
  expect(parsed(again.out).map((r) => r.value?.result)).toEqual(
    [0, 3].map(() => `already runs agent ${AGENT_VERSION}`),
  );
}, 240_000);

it('an agent of the same version with other files is updated, too', async () => {
  // As a build of another day: one module of the copy that runs is not the one of this build.
  const code = 'f = open("/mpyfleet/b/ap.mpy", "wb"); f.write(b"of another day"); f.close()';
  const changed = await run(['-b', at(0), 'exec', code]);
  expect({ status: changed.status, err: changed.err }).toMatchObject({ status: 0 });
  const dry = await run(['-b', all([0, 3]), 'agent', 'update', '--dry-run', '--json']);
  expect(JSON.parse(dry.out)).toMatchObject([
    { value: { agent: AGENT_VERSION, update: true } },
    { value: { agent: AGENT_VERSION, update: false } },
  ]);
  const update = await run(['-b', all([0, 3]), 'agent', 'update', '--json']);
  expect(parsed(update.out).map((r) => r.value?.result)).toEqual([
    `runs agent ${AGENT_VERSION}`,
    `already runs agent ${AGENT_VERSION}`,
  ]);
}, 120_000);

it('a release from an address is used if a trusted key has signed it; otherwise no board is touched', async () => {
  const publisher = new Publisher(join(dir, 'release'));
  const { folder } = publisher;
  await publisher.agent('9.9.9');
  const site = await publisher.serve();
  const update = (trusted: string) =>
    run(['-b', at(0), 'agent', 'update', `${site.url}/agent.json`], {
      MPYFLEET_UPDATE_KEYS: trusted,
    });
  try {
    const other = await update('0'.repeat(64));
    expect(other).toMatchObject({ status: 64 });
    expect(other.err).toContain('No trusted key has signed this release');
    const ota = readFileSync(join(folder, 'copy/ota.mpy'));
    writeFileSync(join(folder, 'copy/ota.mpy'), Buffer.concat([ota, Buffer.from('x')]));
    const damaged = await update(publisher.key);
    expect(damaged).toMatchObject({ status: 64 });
    expect(damaged.err).toContain('copy/ota.mpy is not the file that was signed');
    writeFileSync(join(folder, 'copy/ota.mpy'), ota);
    const updated = await update(publisher.key);
    expect({ out: updated.out, err: updated.err }).toMatchObject({
      out: expect.stringContaining('runs agent 9.9.9') as string,
    });
  } finally {
    await site.stop();
  }
}, 120_000);

it('a firmware update stops at the first board that refuses it, and reaches boards that accept it', async () => {
  const image = Buffer.alloc(20_000, 7);
  writeFileSync(join(dir, 'bad.bin'), image);
  const stopped = await run([
    ...['-b', all([0, 1]), 'agent', 'firmware', 'bad.bin', '--waves', '1', '--json'],
  ]);
  expect(stopped.status).not.toBe(0);
  expect(stopped.out).toContain('too many boards failed');
  expect(stopped.out).toContain('The image is not for the chip of this board');
  image[0] = 0xe9;
  image.writeUInt16LE(9, 12);
  writeFileSync(join(dir, 'good.bin'), image);
  const good = await run(['-b', all([0, 1]), 'agent', 'firmware', 'good.bin', '--json']);
  expect(good).toMatchObject({ status: 0 });
  expect(parsed(good.out).map((r) => r.value?.result)).toEqual(
    [0, 1].map(() => 'runs the new firmware'),
  );
}, 120_000);

it('signed firmware goes to boards of its name, and an image without a signature needs --force', async () => {
  const publisher = new Publisher(join(dir, 'firmware'));
  const told = await run(['-b', at(0), 'exec', 'import sys; print(sys.implementation._machine)']);
  expect(told).toMatchObject({ status: 0 });
  const machine = told.out.trim();
  const update = (file: string, ...more: string[]) =>
    run(['-b', at(0), 'agent', 'firmware', `firmware/${file}`, '--json', ...more], {
      MPYFLEET_UPDATE_KEYS: publisher.key,
    });
  publisher.firmware('lab.bin', 'Generic ESP32S3 module', '99.0.0');
  const other = await update('lab.bin.json');
  expect(other.out).toContain('The firmware is for');
  publisher.firmware('lab.bin', machine, '0.1.0');
  const older = await update('lab.bin.json');
  expect(older.out).toContain('the firmware is the older');
  const bare = await update('lab.bin');
  expect(bare).toMatchObject({ status: 64 });
  expect(bare.err).toContain('lab.bin is not signed by a key that you trust');
  publisher.firmware('lab.bin', machine, '99.0.0');
  for (const good of [await update('lab.bin.json'), await update('lab.bin', '--force')]) {
    expect({ status: good.status, out: good.out }).toMatchObject({ status: 0 });
    expect(parsed(good.out).map((r) => r.value?.result)).toEqual(['runs the new firmware']);
  }
}, 120_000);

it('the agent is put on a board on a cable, and removed from a board behind the broker', async () => {
  const bare = await startUboard({ name: 'barebd', heap: 1000, sizeKib: 4096 });
  try {
    const put = await run(['-b', bare.tty, 'agent', 'put', '--broker', 'office']);
    expect({ status: put.status, err: put.err }).toMatchObject({ status: 0 });
    const uid = Buffer.from('barebd').toString('hex');
    const config = await run(['-b', `mqtt://office/${uid}`, 'config', 'get']);
    expect(config).toMatchObject({ status: 0 });
    expect((await run(['-b', at(2), 'agent', 'remove'])).status).toBe(64);
    const removed = await run(['-b', at(2), 'agent', 'remove', '--force']);
    expect({ status: removed.status, err: removed.err }).toMatchObject({ status: 0 });
    expect((await run(['-b', at(2), 'config', 'get'])).status).not.toBe(0);
  } finally {
    await bare.stop();
  }
}, 120_000);
