import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { pastDoorsInTests } from './scripts/doors.mjs';

/** Imports `.py` files as text, as the esbuild bundle does. */
const pythonAsText = {
  name: 'python-as-text',
  enforce: 'pre' as const,
  load(id: string) {
    return id.endsWith('.py')
      ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))}`
      : undefined;
  },
};

/** A project is a step of `npm test`: it may use what the step has set up of the lab (test/lab/needs.mjs). */
const step = (name: string, env: Record<string, string> = {}) => ({
  name,
  // It finds what never comes. Vitest's own limit of 1 s is shorter than one run of `mpyfleet` on a loaded machine.
  expect: { poll: { timeout: 20_000 } },
  env: { MPYFLEET_STEP: name, ...env },
  setupFiles: ['test/lab/cleanUp.mjs'],
});

/** A step that drives VS Code's window. */
const windows = (name: string, env: Record<string, string> = {}) => ({
  ...step(name, env),
  setupFiles: ['test/lab/cleanUp.mjs', 'test/e2e/tellFailures.mjs'],
  globalSetup: ['test/lab/globalSetup.mjs', 'test/e2e/setup.mjs'],
  testTimeout: 180_000,
  hookTimeout: 300_000,
  // A window waits for most of its time: main.spec takes 48 s of one core in 75 s.
  maxWorkers: 2,
});

export default defineConfig({
  plugins: [pythonAsText, pastDoorsInTests],
  test: {
    projects: [
      {
        extends: true,
        // The limit finds what hangs, not what is slow while other programs have the cores.
        test: { ...step('unit'), include: ['test/unit/**/*.test.ts'], testTimeout: 30_000 },
      },
      {
        extends: true,
        test: {
          ...step('boards'),
          include: ['test/boards/**/*.test.ts'],
          globalSetup: ['test/lab/globalSetup.mjs'],
          // Real boards and brokers share two cores: a hang shows as a time limit, never as a silent stop. Most of the time is
          // protocol time: two files at a time keep the cores busy for 43 % of it, three for 60 %.
          testTimeout: 120_000,
          hookTimeout: 240_000,
          maxWorkers: 3,
        },
      },
      { extends: true, test: { ...windows('e2e'), include: ['test/e2e/**/*.spec.ts'] } },
      {
        extends: true,
        test: {
          // From a cable to a broker, in the oldest VS Code that package.json promises to run in.
          ...windows('oldest', { MPYFLEET_VSCODE: 'oldest' }),
          include: ['test/e2e/main.spec.ts', 'test/e2e/broker.spec.ts'],
        },
      },
    ],
  },
});
