// @ts-check
import { afterEach } from 'vitest';
import { whatIsSeen } from './seen.mjs';

// A machine that keeps no pictures keeps the error: it says what was in the window when a test failed.
afterEach(async ({ task }) => {
  const [error] = (task.result?.state === 'fail' && task.result.errors) || [];
  if (error) error.message += `\n${(await whatIsSeen()).join('\n')}`;
});
