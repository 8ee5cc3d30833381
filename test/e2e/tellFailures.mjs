// @ts-check
import { afterEach } from 'vitest';
import { whatIsSeen } from './seen.mjs';

// Adds the content of the windows to the error of a failed test, for machines that keep the log but no pictures.
afterEach(async ({ task }) => {
  const [error] = (task.result?.state === 'fail' && task.result.errors) || [];
  if (error) error.message += `\n${(await whatIsSeen()).join('\n')}`;
});
