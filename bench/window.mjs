// @ts-check
/**
 * Measures the times that a user waits in the window, for this and an older checkout, in turns: `node bench/window.mjs FOLDER
 * [turns]`. FOLDER is the older one (run `npm ci` there; it is packed if it has no .vsix). Both run in the same VS Code with the
 * same boards behind lines of 115200 baud. Prints the best of each side and the ratio older/today (above 1.0: today is faster).
 */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { root, run } from '../test/lab/index.mjs';
import { packagedExtension } from '../test/lab/vsix.mjs';
import { keep } from './page.mjs';
import { Steps } from './windowSteps.mjs';

const [folder = '', turns = '3'] = process.argv.slice(2);
if (!folder) throw new Error('node bench/window.mjs FOLDER [turns]');
const older = resolve(folder);

/** @param {string} tree */
async function packageOf(tree) {
  const { name, version } = JSON.parse(readFileSync(join(tree, 'package.json'), 'utf8'));
  const vsix = join(tree, `${name}-${version}.vsix`);
  if (!existsSync(vsix)) await run(['npm', 'run', '--silent', 'package'], { cwd: tree });
  return vsix;
}

const sides = [
  { name: 'older', tree: older, vsix: await packageOf(older), isOld: true },
  { name: 'today', tree: root, vsix: await packagedExtension(), isOld: false },
];
/** @type {Record<string, Record<string, number>>} best milliseconds by step and side */
const best = {};
let failures = 0;
for (let turn = 0; turn < Number(turns); turn++) {
  for (const side of sides) {
    const one = /** @type {Steps} */ (await Steps.open(side));
    try {
      await one.steps();
    } catch (error) {
      // The older one does not end every turn on a busy computer. What it took until then is printed, and not kept.
      failures++;
      console.error(error, `The window: ${await one.driver.screenshot(`bench ${side.name}`)}`);
    } finally {
      await one.close();
    }
    for (const [step, ms] of Object.entries(one.times)) {
      const of = (best[step] ??= {});
      of[side.name] = Math.min(of[side.name] ?? Infinity, ms);
    }
  }
}

const seconds = (/** @type {number | undefined} */ ms) =>
  ms === undefined ? '' : `${(ms / 1000).toFixed(2)} s`;
const lines = [
  `Best of ${turns} turns each, on ${availableParallelism()} cores (load ${loadavg()[0]?.toFixed(1)}).`,
  '',
  '| step | older | today | ratio |',
  '|---|--:|--:|--:|',
];
for (const [step, { older: was, today }] of Object.entries(best)) {
  const ratio = was === undefined || today === undefined ? '' : (was / today).toFixed(2);
  lines.push(`| ${step} | ${seconds(was)} | ${seconds(today)} | ${ratio} |`);
}
const [all, one] = ['collect from 8 boards', 'collect from one board'].map(
  (s) => best[s]?.today ?? 0,
);
lines.push(
  '',
  `Collecting from eight boards takes ${((all ?? 0) / (one ?? 1)).toFixed(2)} times the time of one.`,
);
console.log(lines.join('\n'));
if (failures === 0) keep('window', lines.join('\n'));
else process.exitCode = 1;
