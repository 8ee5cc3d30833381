// @ts-check
// `npm test`: sets up what is missing and runs every step, or those that are named: node test/run.mjs unit boards
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needs } from './lab/needs.mjs';
import { watchForStalls } from './runner/heartbeat.mjs';
import { count, summary } from './runner/report.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (/** @type {string} */ name) => join(root, 'node_modules', '.bin', name);
const SIDE_BY_SIDE = 2; // quick steps at a time
/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();

/**
 * A step runs one program or several. Its tests are counted from the report that its program leaves; without a report each
 * program counts as one test. Quick steps come first, side by side; what they print is shown when they end.
 * @typedef {{ name: string, commands: string[][], report?: string, quick?: boolean, env?: NodeJS.ProcessEnv }} Step
 * @typedef {import('./runner/report.mjs').Result} Result
 * @typedef {import('./runner/report.mjs').Row} Row
 */

/** @param {string} project @returns {Step} */
const vitest = (project) => ({
  name: project,
  commands: [
    [
      ...[bin('vitest'), 'run', '--project', project],
      ...['--reporter=default', '--reporter=./test/runner/vitestReport.mjs'],
    ],
  ],
  report: `out/${project}.json`,
});

/** @param {string} name @param {NodeJS.ProcessEnv} [env] @returns {Step} */
const host = (name, env) => ({
  name,
  commands: [[process.execPath, 'test/host/run.mjs']],
  report: `out/${name}.json`,
  ...(env && { env }),
});

/** @type {Step[]} */
const steps = [
  { name: 'lint', quick: true, commands: [[bin('eslint'), '.']] },
  {
    name: 'types',
    quick: true,
    commands: ['tsconfig.json', 'test', 'media/src'].map((project) => [bin('tsc'), '-p', project]),
  },
  { name: 'python', quick: true, commands: [[process.execPath, 'scripts/checkPython.mjs']] },
  { ...vitest('unit'), quick: true },
  { name: 'format', quick: true, commands: [[bin('prettier'), '--check', '.']] },
  { name: 'package', quick: true, commands: [['npm', 'run', '--silent', 'package']] },
  vitest('boards'),
  host('host'),
  vitest('e2e'),
  vitest('oldest'),
  host('hostOldest', { MPYFLEET_VSCODE: 'oldest' }),
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(
    `no such step: ${unknown.join(', ')}. Steps: ${steps.map((step) => step.name).join(', ')}`,
  );
  process.exit(2);
}
process.exitCode = await main(
  steps.filter((step) => wanted.length === 0 || wanted.includes(step.name)),
);

/** @param {Step[]} chosen @returns {Promise<number>} exit status */
async function main(chosen) {
  process.chdir(root);
  if (!existsSync(bin('vitest'))) {
    const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { stdio: 'inherit' });
    if (status !== 0) return 1;
  }
  // A folder of this run's own for all temporary files: anything in it at the end was left by this run.
  const temporary = mkdtempSync(join(tmpdir(), 'mpyfleet-'));
  chmodSync(temporary, 0o711); // a program of the lab that refuses to run as root passes through as another user
  process.env.TMPDIR = temporary;
  process.once('exit', () => rmSync(temporary, { recursive: true, force: true, maxRetries: 10 }));
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.once(signal, () => {
      for (const child of children) child.kill(signal);
      process.exit(1);
    });
  }
  const start = performance.now();
  const heartbeat = watchForStalls();
  const prepared = await prepare(chosen);
  const rows = await sideBySide(
    chosen.filter((step) => step.quick),
    (step) => row(step, prepared),
  );
  for (const step of chosen.filter((step) => !step.quick)) rows.push(await row(step, prepared));
  await Promise.all(prepared.values());
  rows.push(leftovers(temporary));
  heartbeat.stop();
  const lines = summary(rows, heartbeat.stalls, (performance.now() - start) / 1000);
  for (const line of lines) console.log(line);
  return rows.some((row) => row.failed > 0) ? 1 : 0;
}

/**
 * Starts to set up the lab, in the order of the steps, while steps that do not need it run.
 * @param {Step[]} chosen
 * @returns {Promise<Map<string, Promise<Error | undefined>>>} by part; undefined: it is set up
 */
async function prepare(chosen) {
  const { ensure } = await import('./lab/ensure.mjs');
  const prepared = new Map();
  for (const part of new Set(chosen.flatMap(({ name }) => needs[name] ?? []))) {
    const outcome = ensure(part).then(
      () => undefined,
      (error) => error,
    );
    prepared.set(part, outcome);
  }
  return prepared;
}

/**
 * @param {Step[]} chosen @param {(step: Step) => Promise<Row>} work
 * @returns {Promise<Row[]>} in the order of the steps
 */
async function sideBySide(chosen, work) {
  /** @type {Row[]} */
  const rows = [];
  const left = [...chosen.entries()];
  const lane = async () => {
    for (let next = left.shift(); next; next = left.shift()) rows[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
  return rows;
}

/**
 * @param {Step} step @param {Map<string, Promise<Error | undefined>>} prepared
 * @returns {Promise<Row>}
 */
async function row(step, prepared) {
  if (!step.quick) console.log(`\n=== ${step.name} ===`);
  const start = performance.now();
  const result = await runStep(step, prepared);
  const seconds = (performance.now() - start) / 1000;
  if (result.why) console.log(`${step.name}: ${result.why}`);
  console.log(
    `--- ${step.name}: ${result.failed === 0 ? 'ok' : 'FAILED'} in ${seconds.toFixed(1)} s`,
  );
  return { name: step.name, seconds, ...result };
}

/**
 * @param {Step} step
 * @param {Map<string, Promise<Error | undefined>>} prepared
 * @returns {Promise<Result>}
 */
async function runStep(step, prepared) {
  for (const part of needs[step.name] ?? []) {
    const error = await prepared.get(part);
    if (error)
      return { passed: 0, failed: 1, why: `${part} could not be set up: ${error.message}` };
  }
  if (step.report) rmSync(step.report, { force: true });
  /** @type {(number | string)[]} */
  const statuses = [];
  for (const command of step.commands) statuses.push(await runProgram(command, step));
  if (step.report) return count(step.report, statuses[0] ?? 'none');
  const passed = statuses.filter((status) => status === 0).length;
  return { passed, failed: statuses.length - passed };
}

/**
 * @param {string[]} command @param {Step} step
 * @returns {Promise<number | string>} exit status, signal, or why it could not start
 */
function runProgram([program = '', ...args], { name, report, quick, env: own }) {
  const env = {
    ...process.env,
    ...own,
    MPYFLEET_STEP: name,
    ...(report && { MPYFLEET_REPORT: report }),
    // vite bundles vitest.config.ts. Its warning is about a future default.
    VITE_CONFIG_NATIVE_IGNORE_WARNING: 'true',
  };
  const child = spawn(program, args, {
    stdio: quick ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    env,
  });
  children.add(child);
  /** @type {Buffer[]} */
  const printed = [];
  child.stdout?.on('data', (data) => printed.push(data));
  child.stderr?.on('data', (data) => printed.push(data));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => {
      children.delete(child);
      if (quick) process.stdout.write(`\n=== ${name} ===\n${Buffer.concat(printed).toString()}`);
      resolve(code ?? signal ?? 'ended');
    });
  });
}

/**
 * Each temporary folder is removed by the program that made it, also after a failure.
 * @param {string} temporary the run's own folder @returns {Row}
 */
function leftovers(temporary) {
  const left = readdirSync(temporary).filter((name) => name.startsWith('mpyfleet-'));
  const row = { name: 'leftovers', seconds: 0 };
  if (left.length === 0) return { ...row, passed: 1, failed: 0 };
  const holding = (/** @type {string} */ name) => {
    const files = readdirSync(join(temporary, name), { recursive: true }).map(String);
    return `${name} (${files.slice(0, 3).join(', ') || 'empty'})`;
  };
  const why = `temporary folders are left: ${left.map(holding).join('; ')}`;
  return { ...row, passed: 0, failed: 1, why };
}
