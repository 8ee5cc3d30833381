import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';

/**
 * Result for the runner outside. It is written when the suites have run, so its absence means that
 * they did not.
 */
export interface HostResult {
  tests: {
    name: string;
    state: 'passed' | 'failed' | 'skipped';
    /** Milliseconds since 1970. */
    start: number;
    ms: number;
    why?: string;
  }[];
  /** Output of the reporter. */
  printed: string;
}

const TEST_MS = 60_000; // real boards on two loaded cores; a hang shows as this limit

/**
 * Runs the suites in this folder inside VS Code's extension host (called by VS Code: `--extensionTestsPath`).
 * The result goes to the file named by MPYFLEET_HOST_RESULT, the report to the console.
 */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: TEST_MS, color: false, reporter: 'spec' });
  const here = __dirname;
  for (const file of readdirSync(here).sort()) {
    if (file.endsWith('.test.js')) mocha.addFile(join(here, file));
  }
  const result: HostResult = { tests: [], printed: '' };
  // VS Code mixes the console with its own messages, so the reporter's output is kept separately.
  (Mocha.reporters.Base as unknown as { consoleLog: typeof console.log }).consoleLog = (
    ...args
  ) => {
    result.printed += `${format(...args)}\n`;
  };
  const ended = (test: Mocha.Test, state: 'passed' | 'failed' | 'skipped', why?: string) => {
    const ms = test.duration ?? 0;
    const start = Date.now() - ms;
    result.tests.push({ name: test.fullTitle(), state, start, ms, ...(why && { why }) });
  };
  await new Promise<void>((resolve) => {
    mocha
      .run(() => resolve())
      .on('pass', (test) => ended(test, 'passed'))
      .on('fail', (test, error: Error) => ended(test, 'failed', error.message))
      .on('pending', (test) => ended(test, 'skipped'));
  });
  const file = process.env.MPYFLEET_HOST_RESULT;
  if (!file) throw new Error('MPYFLEET_HOST_RESULT does not name the file for the result');
  writeFileSync(file, JSON.stringify(result));
  const failed = result.tests.filter(({ state }) => state === 'failed').length;
  if (failed > 0) throw new Error(`${failed} failed`);
}
