// @ts-check
// Runs with every test file: ends the processes and removes the folders of its tests when the file ends, also after a failure.
import { aroundAll } from 'vitest';
import { removeTempDirs } from './paths.mjs';
import { endAll } from './process.mjs';

// Around all hooks of the file: after one that throws, vitest runs no further one. It also ends a worker without its 'exit' event.
aroundAll(async (runFile) => {
  try {
    await runFile();
  } finally {
    await endAll();
    removeTempDirs();
  }
});
