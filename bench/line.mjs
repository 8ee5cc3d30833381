// @ts-check
// node bench/line.mjs: runs `mpyfleet provision` (built as it is packaged) on 30 blank simulated ESP32-S3 chips, eight at a time;
// three of them fail at some point. Afterwards, each board is either complete or reported as failed with its reason.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from '../test/lab/process.mjs';
import { espFirmware, root, run, startEsp, tempDir } from '../test/lab/index.mjs';

const COUNT = 30;
const FAILING = 3;
const SEED = Number(process.argv[2] ?? 1);

await run([process.execPath, join(root, 'esbuild.mjs'), '--production'], { cwd: root });
const dir = tempDir('line');
const lines = join(dir, 'lines');
writeFileSync(join(dir, 'firmware.bin'), espFirmware({ chip: 'esp32s3', size: 200_000 }));
writeFileSync(join(dir, 'fleet.json'), '{}');
writeFileSync(
  join(dir, 'line.board-template.yaml'),
  [
    'firmware: {use: firmware.bin}',
    'name: line-[01-40]',
    "files: [{to: /a.txt, text: '{name}'}]",
  ].join('\n'),
);

/** The same numbers for the same seed. @param {number} below */
let state = SEED;
const random = (/** @type {number} */ below) => {
  state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
  return state % below;
};
const failing = new Set();
while (failing.size < FAILING) failing.add(random(COUNT));
const FAULTS = /** @type {const} */ ([
  ...['brownout', 'wrong chip'],
  ...['unplugged in flash', 'unplugged in name', 'unplugged in start'],
]);
/** @type {Map<number, (typeof FAULTS)[number]>} */
const faults = new Map([...failing].map((at) => [at, FAULTS[random(FAULTS.length)] ?? 'brownout']));

/** @type {Awaited<ReturnType<typeof startEsp>>[]} */
const chips = [];
for (let i = 0; i < COUNT; i++) {
  const chip = faults.get(i) === 'wrong chip' ? 'esp32c3' : 'esp32s3';
  const brownout = faults.get(i) === 'brownout' ? 1 + random(4) : 0;
  chips.push(await startEsp({ chip, circuit: 'classic', start: 'program', lines, brownout }));
}
const ports = chips.map((c) => c.tty).join(',');
const cli = join(root, 'dist', 'cli.js');
const start = performance.now();
const line = await launch(
  [
    ...[process.execPath, cli, 'provision', 'line.board-template.yaml'],
    ...['-b', ports, '--count', String(COUNT), '--keep-going', '--verbose'],
  ],
  {
    cwd: dir,
    env: { ...process.env, ...chips[0]?.env, MPYFLEET_CONFIG: 'fleet.json' },
    ready: /./,
  },
);
/** @type {Set<number>} */
const pulled = new Set();
const ended = new Promise((resolve) => line.child.once('exit', resolve));
let log = '';
line.child.stderr?.on('data', (/** @type {Buffer} */ text) => {
  log += text;
  for (const [at, fault] of faults) {
    const [, step] = fault.split(' in ');
    if (step === undefined || pulled.has(at)) continue;
    if (!log.includes(`${chips[at]?.tty ?? ''}: ${step}: `)) continue;
    pulled.add(at);
    void chips[at]?.stop();
  }
});
await ended;
const seconds = (performance.now() - start) / 1000;
const made = readFileSync(join(dir, 'line.made.csv'), 'utf8').trim().split('\r\n').slice(1);
const ready = made.filter((row) => row.includes(',ok,,'));
const times = ready.map((row) => Number(row.split(',')[4])).sort((a, b) => a - b);
console.log(
  `${COUNT} boards, eight at once: ${seconds.toFixed(1)} s; ${ready.length} ready (median ${times[times.length >> 1]} s a board), ${made.length - ready.length} failed`,
);
for (const row of made.filter((r) => !r.includes(',ok,,'))) console.log(row);
console.log('faults:', [...faults.values()].join(', '));
let halves = 0;
for (const [i, esp] of chips.entries()) {
  if (pulled.has(i)) continue;
  const { mode } = await esp.state();
  // The program's unique id is the text of the chip's address.
  const uid = Buffer.from(esp.mac).toString('hex');
  const named = ready.some((row) => row.startsWith(uid));
  if ((mode === 'program') !== named) halves++;
  await esp.stop();
}
console.log(`half done without notice: ${halves}`);
process.exitCode = halves === 0 && ready.length === COUNT - FAILING ? 0 : 1;
