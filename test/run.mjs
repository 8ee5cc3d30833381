// @ts-check
// `npm test`: sets up what is missing and runs every step, or those that are named: node test/run.mjs unit boards
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (/** @type {string} */ name) => join(root, 'node_modules', '.bin', name);

/**
 * A step runs one program or several. Its tests are counted from the JSON report that vitest or the host runner leaves;
 * without a report each program counts as one test.
 * @typedef {{ name: string, commands: string[][], report?: string, needs?: string[] }} Step `needs`: parts of the lab
 */

/**
 * @typedef {{ passed: number, failed: number, failures?: string[], why?: string }} Result
 * @typedef {Result & { name: string, seconds: number }} Row
 */

/** @param {string} project @param {string[]} needs @returns {Step} */
const vitest = (project, ...needs) => ({
  name: project,
  commands: [
    [
      bin('vitest'),
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=out/${project}.json`,
    ],
  ],
  report: `out/${project}.json`,
  needs,
});

/** @type {Step[]} */
const steps = [
  {
    name: 'types',
    commands: ['tsconfig.json', 'test', 'media/src'].map((project) => [bin('tsc'), '-p', project]),
  },
  { name: 'lint', commands: [[bin('eslint'), '.']] },
  { name: 'format', commands: [[bin('prettier'), '--check', '.']] },
  { name: 'python', commands: [[process.execPath, 'scripts/checkPython.mjs']], needs: ['python'] },
  vitest('unit'),
  vitest('boards', 'uboard', 'mpboard', 'microbit', 'mosquitto', 'ejabberd'),
  { name: 'package', commands: [['npm', 'run', '--silent', 'package']] },
  {
    name: 'host',
    commands: [[process.execPath, 'test/host/run.mjs']],
    report: 'out/host-result.json',
    needs: ['uboard', 'codeserver', 'chromium'],
  },
  vitest('e2e', 'uboard', 'mosquitto', 'codeserver', 'chromium'),
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
  const prepared = await prepare(chosen);
  /** @type {Row[]} */
  const rows = [];
  for (const step of chosen) {
    console.log(`\n=== ${step.name} ===`);
    const start = performance.now();
    const result = await runStep(step, prepared);
    const seconds = (performance.now() - start) / 1000;
    if (result.why) console.log(`${step.name}: ${result.why}`);
    console.log(
      `--- ${step.name}: ${result.failed === 0 ? 'ok' : 'FAILED'} in ${seconds.toFixed(1)} s`,
    );
    rows.push({ name: step.name, seconds, ...result });
  }
  return summary(rows);
}

/**
 * Starts setting up the lab, one part after the other, beside the steps that do not need it.
 * @param {Step[]} chosen
 * @returns {Promise<Map<string, Promise<Error | undefined>>>} by part; undefined: it is there
 */
async function prepare(chosen) {
  const { ensure } = await import('./lab/ensure.mjs');
  const prepared = new Map();
  let before = Promise.resolve();
  for (const part of new Set(chosen.flatMap((step) => step.needs ?? []))) {
    const work = before.then(async () => {
      await ensure(/** @type {import('./lab/ensure.mjs').PartName} */ (part));
    });
    const outcome = work.then(
      () => undefined,
      (error) => error,
    );
    prepared.set(part, outcome);
    before = outcome.then(() => undefined);
  }
  return prepared;
}

/**
 * @param {Step} step
 * @param {Map<string, Promise<Error | undefined>>} prepared
 * @returns {Promise<Result>}
 */
async function runStep(step, prepared) {
  for (const part of step.needs ?? []) {
    const error = await prepared.get(part);
    if (error)
      return { passed: 0, failed: 1, why: `${part} could not be set up: ${error.message}` };
  }
  if (step.report) rmSync(step.report, { force: true });
  /** @type {(number | string)[]} */
  const statuses = [];
  for (const command of step.commands) statuses.push(await runProgram(command));
  if (step.report) return count(step.report, statuses[0] ?? 'none');
  const passed = statuses.filter((status) => status === 0).length;
  return { passed, failed: statuses.length - passed };
}

/** @param {string[]} command @returns {Promise<number | string>} exit status, signal, or why it could not start */
function runProgram([program = '', ...args]) {
  // vitest.config.ts is bundled by vite as it is today; the warning is about a default of the future.
  const env = { ...process.env, VITE_CONFIG_NATIVE_IGNORE_WARNING: 'true' };
  const child = spawn(program, args, { stdio: 'inherit', env });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'ended'));
  });
}

/**
 * Reads how many tests passed and failed. What was skipped counts as failed: nothing may be left out silently.
 * @param {string} report
 * @param {number | string} status of the program
 * @returns {Result}
 */
function count(report, status) {
  if (!existsSync(report))
    return { passed: 0, failed: 1, why: `no report (exit status ${status})` };
  const json = JSON.parse(readFileSync(report, 'utf8'));
  const passed = json.numPassedTests ?? json.passed;
  const skipped =
    json.numPendingTests !== undefined ? json.numPendingTests + json.numTodoTests : json.pending;
  let failed = (json.numFailedTests ?? json.failed) + skipped;
  let why = skipped > 0 ? `${skipped} skipped` : undefined;
  if (failed === 0 && (status !== 0 || passed === 0)) {
    failed = 1;
    why = passed === 0 ? 'there was no test' : `exit status ${status} although no test failed`;
  }
  return { passed, failed, failures: failures(json), ...(why && { why }) };
}

/**
 * What failed, with the first line of why, to be told once more below the table: a log that has lost its beginning tells it too.
 * @param {{ testResults?: { name: string, message?: string, assertionResults: { status: string, fullName: string, failureMessages?: string[] }[] }[] }} report of vitest
 * @returns {string[]}
 */
function failures({ testResults = [] }) {
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    if (failed.length === 0 && message) return [`${file}: ${firstLine(message)}`];
    return failed.map(
      (test) => `${file}: ${test.fullName}: ${firstLine(test.failureMessages?.[0] ?? '')}`,
    );
  });
}

/** @param {string} text */
function firstLine(text) {
  return text.split('\n', 1)[0]?.slice(0, 300) ?? '';
}

/** @param {Row[]} rows */
function summary(rows) {
  const sum = (/** @type {'passed' | 'failed' | 'seconds'} */ key) =>
    rows.reduce((total, row) => total + row[key], 0);
  const line = (/** @type {(string | number)[]} */ cells) =>
    console.log(
      cells
        .map((cell, i) => (i === 0 ? String(cell).padEnd(20) : String(cell).padStart(9)))
        .join(''),
    );
  console.log();
  line(['step', 'passed', 'failed', 'seconds']);
  for (const row of rows) line([row.name, row.passed, row.failed, row.seconds.toFixed(1)]);
  line(['all', sum('passed'), sum('failed'), sum('seconds').toFixed(1)]);
  for (const { failures = [] } of rows) for (const failure of failures) console.log(failure);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed') === 0 ? 0 : 1;
}
