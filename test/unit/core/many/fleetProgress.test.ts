import { expect, it } from 'vitest';
import { Deferred } from '../../../../src/core/async';
import type { Board } from '../../../../src/core/board/board';
import { StopPolicies } from '../../../../src/core/board/stopPolicy';
import { ProgramRunningError } from '../../../../src/core/errors';
import { FleetJob } from '../../../../src/core/many/fleetJob';

type Write = (
  files: unknown,
  options: { onProgress: (done: number, total: number) => void },
) => Promise<void>;

function jobOn(name: string, writeMany: Write): FleetJob {
  const places = () => Promise.resolve({ home: '/', lib: '/lib' });
  const board = { name, id: name, files: { writeMany, places } } as unknown as Board;
  const files = [{ path: '/big.bin', content: new Uint8Array(4) }];
  const services = { stopPolicies: new StopPolicies() };
  return new FleetJob({ kind: 'upload', files, label: 'big.bin' }, [board], services, {
    programs: 'leave',
  });
}

it('an upload to many boards reports the progress of each', async () => {
  const gate = new Deferred<undefined>();
  const sending = new Deferred<undefined>();
  const job = jobOn('kit-1', async (_files, { onProgress }) => {
    onProgress(1, 4);
    sending.resolve(undefined);
    await gate.promise;
  });
  const done = job.run();
  await sending.promise;
  expect(job.results).toEqual([expect.objectContaining({ status: 'running', progress: 0.25 })]);
  expect(job.results[0]?.since).toBeGreaterThan(0);
  gate.resolve(undefined);
  const [result] = await done;
  expect(result).toMatchObject({ status: 'ok' });
  expect(result?.progress).toBeUndefined();
});

it('a board that was left alone because its program runs is skipped, not failed', async () => {
  const job = jobOn('kit-1', () => Promise.reject(new ProgramRunningError('kit-1')));
  expect(await job.run()).toEqual([
    expect.objectContaining({ status: 'cancelled', untouched: 'skipped' }),
  ]);
});
