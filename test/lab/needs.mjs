// @ts-check
// The lab's parts that each step of `npm test` uses. They are set up before the step's first test, because a build inside a
// test would count against its time limit.

/** @typedef {import('./ensure.mjs').PartName} PartName */

/** By step, in the order in which the parts are set up. @type {Record<string, PartName[]>} */
export const needs = {
  python: ['python'],
  unit: [],
  // prettier-ignore
  boards: ['python', 'micropython', 'uboard', 'mosquitto', 'mpremote', 'packages', 'mpboard', 'frozen', 'microbit', 'ejabberd', 'shells', 'sshd', 'telnet', 'esp', 'postgres'],
  host: ['uboard', 'codeserver', 'chromium'],
  e2e: [
    'python',
    'micropython',
    'nbformat',
    'esp',
    'uboard',
    'mosquitto',
    'postgres',
    'codeserver',
    'chromium',
  ],
  hostOldest: ['uboard', 'codeserverOldest', 'chromium'],
  oldest: ['python', 'uboard', 'codeserverOldest', 'chromium'],
};

/**
 * Checks that the running step lists the part. The step is in `$MPYFLEET_STEP`; other programs (demo, benchmarks) have none and
 * may use every part.
 * @throws Error if the part is not listed
 * @param {PartName} part
 */
export function checkNeeded(part) {
  const step = process.env.MPYFLEET_STEP;
  if (step === undefined || needs[step]?.includes(part)) return;
  throw new Error(
    `The step '${step}' has not set up '${part}' before its tests. Add '${part}' to '${step}' in test/lab/needs.mjs.`,
  );
}
