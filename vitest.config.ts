import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

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

export default defineConfig({
  plugins: [pythonAsText],
  test: {
    projects: [
      {
        extends: true,
        // The limit finds what hangs, not what is slow while other programs have the cores.
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 30_000 },
      },
      {
        extends: true,
        test: {
          name: 'boards',
          include: ['test/boards/**/*.test.ts'],
          globalSetup: ['test/lab/globalSetup.mjs'],
          // Real boards and brokers share two cores: a hang shows as a time limit, never as a silent stop.
          testTimeout: 60_000,
          hookTimeout: 240_000,
          maxWorkers: 2,
          // A machine that stands still for seconds breaks what depends on a real line; the report names what was repeated.
          retry: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.spec.ts'],
          globalSetup: ['test/e2e/setup.mjs'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          retry: 1,
          // One window at a time: two browsers and two VS Code servers are too much for two cores.
          maxWorkers: 1,
          fileParallelism: false,
        },
      },
    ],
  },
});
