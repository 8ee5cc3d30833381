import { expect, it } from 'vitest';
import { type Board, StopPolicies } from '../../../../src/core/board';
import { RolloutJob } from '../../../../src/core/many';

/** Rolls out to a board that stays unhealthy. Returns the message of its row. */
async function failedRow(rollBack: () => Promise<void>): Promise<string | undefined> {
  const board = { name: 'kitchen', id: 'kitchen' } as unknown as Board;
  const nothing = () => Promise.resolve();
  const steps = {
    apply: nothing,
    healthy: () => Promise.resolve(false),
    rollBack,
    settle: nothing,
  };
  const plan = { canaries: 1, waves: [], healthMs: 1 };
  const policies = new StopPolicies();
  const job = new RolloutJob('test', [board], steps, plan, { policies, programs: 'stop' });
  await job.run();
  return job.results[0]?.error?.message;
}

it('says of a board that failed whether it has its old files back', async () => {
  expect(await failedRow(() => Promise.resolve())).toBe(
    'The health check stayed false; has its old files back',
  );
  expect(await failedRow(() => Promise.reject(new Error('kitchen is away')))).toBe(
    'kitchen is away; the old files could not be put back',
  );
});
