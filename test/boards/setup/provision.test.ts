// `mpyfleet provision`: blank chips become boards at a broker, with name, files and agent.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import {
  espFirmware,
  startEsp,
  startFirmwareSite,
  startMosquitto,
  tempDir,
} from '../../lab/index.mjs';
import { BuiltCli } from '../rig/cliRig';

const TEMPLATE = `
firmware: {use: ESP32_GENERIC_S3}
name: shelf-[01-20]
tags: [made]
broker: {id: office, user: '{uid}', password: '{secret:mq}'}
files:
  - {from: program, to: /}
  - {to: /lib/where.py, text: "NAME = '{name}'\\n"}
label: '{name} / {uid}'
`;

let cli: BuiltCli;
let site: Awaited<ReturnType<typeof startFirmwareSite>>;
let broker: Awaited<ReturnType<typeof startMosquitto>>;
let chips: Awaited<ReturnType<typeof startEsp>>[];
let dir: string;
let env: Record<string, string>;

beforeAll(async () => {
  dir = tempDir('provision');
  const lines = join(dir, 'lines');
  const firmware = espFirmware({ chip: 'esp32s3', version: 'v1.25.0' });
  const files = { 'ESP32_GENERIC_S3-20250415-v1.25.0.bin': firmware };
  [cli, broker, site, chips] = await Promise.all([
    BuiltCli.build(),
    startMosquitto({ config: ['set_tcp_nodelay true'] }),
    startFirmwareSite({ ESP32_GENERIC_S3: { product: 'S3', vendor: 'Espressif', files } }),
    Promise.all(
      [0, 1].map(() => startEsp({ chip: 'esp32s3', circuit: 'classic', start: 'program', lines })),
    ),
  ]);
  writeFileSync(join(dir, 'fleet.json'), JSON.stringify({ brokers: { office: broker.url } }));
  writeFileSync(join(dir, 'shelf.board-template.yaml'), TEMPLATE);
  mkdirSync(join(dir, 'program'));
  writeFileSync(join(dir, 'program', 'main.py'), "import where\nprint('I am', where.NAME)\n");
  env = {
    ...(chips[0]?.env as Record<string, string>),
    ...{ MPYFLEET_CONFIG: 'fleet.json', MPYFLEET_FIRMWARE: site.url, MPYFLEET_SECRET_MQ: 'pw' },
  };
});
afterAll(async () => {
  await Promise.all(chips.map((c) => c.stop()));
  await Promise.all([broker.stop(), site.stop()]);
});

const run = (args: string[], more: Record<string, string> = {}) =>
  cli.run(args, { cwd: dir, env: { ...env, ...more } });
const made = (name: string) => readFileSync(join(dir, name), 'utf8');

it('reports an incomplete template before a board is touched', async () => {
  writeFileSync(join(dir, 'bad.yaml'), 'wifi: [{ssid: x, password: hunter2}]\n');
  const bad = await run(['provision', 'bad.yaml']);
  expect(bad.status).toBe(64);
  expect(bad.err).toContain('wifi[0].password');
  const without = Object.fromEntries(
    Object.entries(env).filter(([name]) => name !== 'MPYFLEET_SECRET_MQ'),
  );
  const secret = await cli.run(['provision', 'shelf.board-template.yaml'], {
    cwd: dir,
    env: without,
  });
  expect(secret.err).toContain('MPYFLEET_SECRET_MQ');
  expect((await chips[0]?.state())?.mode).toBe('blank');
});

it('sets up blank chips as boards at the broker, in parallel, with one command', async () => {
  const ports = chips.map((c) => c.tty).join(',');
  const line = ['provision', 'shelf.board-template.yaml', '-b', ports, '--count', '2'];
  const ran = await run(line);
  expect(`${ran.out}${ran.err}`).toContain('2 ready, 0 failed');
  expect(ran.status).toBe(0);
  for (const name of ['shelf-01', 'shelf-02']) {
    expect(ran.out).toContain(`${name} is ready: flash, name, agent, files, start, broker`);
  }
  const rows = made('shelf.made.csv').trim().split('\r\n').slice(1).sort();
  expect(rows.map((r) => r.split(',')[1]).sort()).toEqual(['shelf-01', 'shelf-02']);
  expect(rows.every((r) => r.includes(',1.25.0,') && r.endsWith(',ok,,,'))).toBe(true);
  expect(made('shelf.labels.txt')).toMatch(/^shelf-0\d \/ [0-9a-f]+\n\nshelf-0\d \/ [0-9a-f]+\n/);
  expect(statSync(join(dir, 'shelf.keys.json')).mode & 0o777).toBe(0o600);
  for (const file of ['shelf.made.csv', 'shelf.made.json', 'shelf.labels.txt']) {
    expect(made(file)).not.toContain('pw');
  }

  // The fleet has them: by name and tag, with files, and with the keys that were kept.
  const keys = { MPYFLEET_KEYS: 'shelf.keys.json' };
  const code = 'import where\nprint(where.NAME)';
  const far = await run(['-b', 'tag:made', '--json', 'exec', code], keys);
  const answers = JSON.parse(far.out) as { board: string; output: string }[];
  expect(answers.map((a) => a.output.trim()).sort()).toEqual(['shelf-01', 'shelf-02']);
  const main = await run(['-b', 'shelf-01', 'cat', ':/main.py'], keys);
  expect(main.out).toMatch(/mpyfleet\.start\(\)[^]*I am/);

  // Plugged in once more, a finished board is recognised by its chip and left alone.
  const stopped = cli.run([...line.slice(0, 2), '-b', chips[1]?.tty ?? ''], {
    ...{ cwd: dir, env },
    onOut: (soFar, kill) => {
      if (soFar.includes('was set up before')) kill('SIGINT');
    },
  });
  expect((await stopped).out).toMatch(/shelf-0\d was set up before and was not changed/);
  expect(existsSync(join(dir, 'shelf.made.json.new'))).toBe(false);
});

it('sets up eight in parallel, names the one that fails with its reason, and sets up only that one later', async () => {
  const COUNT = 8;
  const lines = join(dir, 'lines');
  const chip = { chip: 'esp32s3', circuit: 'classic', start: 'program', lines } as const;
  const start = (_: unknown, n: number) => startEsp({ ...chip, brownout: n === 0 ? 2 : 0 });
  const all = await Promise.all(Array.from({ length: COUNT }, start));
  onTestFinished(async () => {
    await Promise.all(all.map((c) => c.stop()));
  });
  const [bad] = all;
  if (!bad) throw new Error('no chip');
  writeFileSync(join(dir, 'firmware.bin'), espFirmware({ chip: 'esp32s3', size: 40_000 }));
  const template = [
    'firmware: {use: firmware.bin}',
    'name: line-[01-20]',
    "files: [{to: /name.txt, text: '{name}'}]",
    "label: '{name} {uid}'",
  ];
  writeFileSync(join(dir, 'line.board-template.yaml'), template.join('\n'));
  const line = ['provision', 'line.board-template.yaml', '--keep-going', '-b'];
  const ran = await run([...line, all.map((c) => c.tty).join(','), '--count', String(COUNT)]);
  expect(`${ran.out}${ran.err}`).toContain('7 ready, 1 failed');
  expect(ran.status).toBe(1);
  expect(ran.out).toMatch(/failed in "flash": The supply voltage of the chip dropped/);
  const rows = made('line.made.csv').trim().split('\r\n').slice(1);
  expect(rows.filter((r) => r.includes(',ok,')).length).toBe(COUNT - 1);
  const failed = rows.filter((r) => r.includes(',failed,flash,'));
  expect(failed.length).toBe(1);
  expect(failed[0]).toContain(bad.mac);
  const labels = () => made('line.labels.txt').match(/^line-\d\d [0-9a-f]+$/gm) ?? [];
  expect(labels().length).toBe(COUNT - 1);
  // It is not half done unnoticed: it starts nothing.
  expect((await bad.state()).mode).not.toBe('program');

  const again = await run([...line, bad.tty, '--count', '1']);
  expect(`${again.out}${again.err}`).toContain('1 ready, 0 failed');
  expect(new Set(labels().map((l) => l.slice(0, 7))).size).toBe(COUNT);
});
