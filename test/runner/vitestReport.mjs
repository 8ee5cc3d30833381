// @ts-check
// A reporter for vitest: leaves what test/run.mjs counts in the file that `$MPYFLEET_REPORT` names.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';

/** @typedef {import('./report.mjs').Report} Report */
/** @typedef {import('vitest/node').TestModule} TestModule */
/** @typedef {import('vitest/node').SerializedError} SerializedError */

export default class VitestReport {
  /** @param {readonly TestModule[]} modules @param {readonly SerializedError[]} unhandled */
  onTestRunEnd(modules, unhandled) {
    const path = process.env.MPYFLEET_REPORT;
    if (path === undefined)
      throw new Error('MPYFLEET_REPORT does not name the file for the report');
    /** @type {Report} */
    const report = { tests: [], errors: unhandled.map(({ message }) => message) };
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId);
      const suites = [module, ...module.children.allSuites()];
      report.errors.push(
        ...suites.flatMap((suite) => suite.errors().map(({ message }) => `${file}: ${message}`)),
      );
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        const { startTime = 0, duration = 0 } = test.diagnostic() ?? {};
        report.tests.push({
          name: `${file}: ${test.fullName}`,
          state: state === 'passed' || state === 'failed' ? state : 'skipped',
          start: startTime,
          ms: duration,
          ...(errors?.[0] && { why: errors[0].message }),
        });
      }
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(report));
  }
}
