// @ts-check
// What the steps of `npm test` found, and the summary of it.
import { existsSync, readFileSync } from 'node:fs';

const SLOWEST = 10; // tests that the summary names

/**
 * @typedef {{ name: string, state: 'passed' | 'failed' | 'skipped', start: number, ms: number, why?: string }} Test
 *   `start`: milliseconds since 1970
 * @typedef {{ tests: Test[], errors: string[] }} Report `errors`: outside of a test, as in a hook
 * @typedef {{ passed: number, failed: number, tests?: Test[], errors?: string[], why?: string }} Result
 * @typedef {Result & { name: string, seconds: number }} Row
 * @typedef {{ from: number, to: number }} Stall milliseconds since 1970
 */

/**
 * Counts a step's report. A skipped test counts as failed: nothing may be left out silently.
 * @param {string} path of the report
 * @param {number | string} status of the program
 * @returns {Result}
 */
export function count(path, status) {
  if (!existsSync(path)) return { passed: 0, failed: 1, why: `no report (exit status ${status})` };
  /** @type {Report} */
  const { tests, errors } = JSON.parse(readFileSync(path, 'utf8'));
  const passed = tests.filter(({ state }) => state === 'passed').length;
  const failed = tests.length - passed + errors.length;
  const result = { passed, failed, tests, errors };
  if (failed > 0) return result;
  if (passed === 0) return { ...result, failed: 1, why: 'there was no test' };
  if (status === 0) return result;
  return { ...result, failed: 1, why: `exit status ${status} although no test failed` };
}

/**
 * The summary; its last line is the one that the project's continuous integration reads.
 * @param {Row[]} rows @param {Stall[]} stalls @param {number} seconds of the whole run
 * @returns {string[]} lines
 */
export function summary(rows, stalls, seconds) {
  const line = (/** @type {(string | number)[]} */ cells) =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(20) : String(cell).padStart(9))).join('');
  const sum = (/** @type {'passed' | 'failed'} */ key) =>
    rows.reduce((total, row) => total + row[key], 0);
  const tests = rows.flatMap((row) => row.tests ?? []);
  return [
    ...slowest(tests),
    ...stalls.map((stall) => `The machine stood still for ${told(stall)}.`),
    '',
    line(['step', 'passed', 'failed', 'seconds']),
    ...rows.map((row) => line([row.name, row.passed, row.failed, row.seconds.toFixed(1)])),
    line(['all', sum('passed'), sum('failed'), seconds.toFixed(1)]),
    ...rows.flatMap((row) => failures(row, stalls)),
    `${sum('passed')} passed, ${sum('failed')} failed`,
  ];
}

/** @param {Test[]} tests */
function slowest(tests) {
  if (tests.length === 0) return [];
  const slow = [...tests].sort((a, b) => b.ms - a.ms).slice(0, SLOWEST);
  const seconds = (/** @type {Test} */ { ms }) => (ms / 1000).toFixed(1).padStart(6);
  return ['', 'Slowest tests:', ...slow.map((test) => `${seconds(test)} s  ${test.name}`)];
}

/**
 * What failed, with the first line of why: a log that has lost its beginning says it too.
 * @param {Row} row @param {Stall[]} stalls
 */
function failures({ name, tests = [], errors = [], why }, stalls) {
  const failed = tests.filter(({ state }) => state !== 'passed');
  return [
    ...(why ? [`${name}: ${why}`] : []),
    ...errors.map(firstLine),
    ...failed.map((test) => {
      const meanwhile = stalls.filter(
        ({ from, to }) => to > test.start && from < test.start + test.ms,
      );
      const stood = meanwhile.map((stall) => ` (the machine stood still for ${told(stall)})`);
      return `${test.name}: ${firstLine(test.why ?? test.state)}${stood.join('')}`;
    }),
  ];
}

/** @param {Stall} stall */
export function told({ from, to }) {
  const at = new Date(from).toISOString().slice(11, 19);
  return `${((to - from) / 1000).toFixed(1)} s from ${at} UTC`;
}

/** @param {string} text */
function firstLine(text) {
  return text.split('\n', 1)[0]?.slice(0, 300) ?? '';
}
