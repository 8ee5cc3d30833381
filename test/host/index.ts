import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';

/** What the runner outside learns: it is written when the suites have run, so its absence means that they did not. */
export interface HostResult {
  passed: number;
  failed: number;
  pending: number;
  /** What the reporter printed. */
  report: string;
}

const TEST_MS = 60_000; // real boards on two loaded cores; a hang shows as this limit

/**
 * Runs the suites beside this file inside VS Code's extension host (called by VS Code: `--extensionTestsPath`).
 * The result goes to the file named by MPYFLEET_HOST_RESULT, the report to the console.
 */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: TEST_MS, color: false, reporter: 'spec' });
  const here = __dirname;
  for (const file of readdirSync(here).sort()) {
    if (file.endsWith('.test.js')) mocha.addFile(join(here, file));
  }
  const result: HostResult = { passed: 0, failed: 0, pending: 0, report: '' };
  // VS Code mixes the console with its own chatter: what the reporter says is kept apart.
  (Mocha.reporters.Base as unknown as { consoleLog: typeof console.log }).consoleLog = (
    ...args
  ) => {
    result.report += `${format(...args)}\n`;
  };
  await new Promise<void>((resolve) => {
    mocha
      .run(() => resolve())
      .on('pass', () => result.passed++)
      .on('fail', () => result.failed++)
      .on('pending', () => result.pending++);
  });
  const file = process.env.MPYFLEET_HOST_RESULT;
  if (!file) throw new Error('MPYFLEET_HOST_RESULT does not name the file for the result');
  writeFileSync(file, JSON.stringify(result));
  if (result.failed > 0) throw new Error(`${result.failed} failed`);
}
