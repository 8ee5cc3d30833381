import { expect, it, vi } from 'vitest';
import { Operations } from '../../../src/core/audit/operations';
import { Board } from '../../../src/core/board/board';
import { StopPolicies } from '../../../src/core/board/stopPolicy';
import { FleetJobs, type FleetJobsServices } from '../../../src/views/results/fleetJobs';
import { fakeWorld } from '../rig/fakeBoard';

it('shows the results of a job before the folders of its boards are read again', async () => {
  const heard: string[] = [];
  const services = {
    stopPolicies: new StopPolicies(),
    operations: new Operations({ origin: 'window', record: () => undefined }),
    uidOf: () => undefined,
    ran: (id: string) => heard.push(`ran ${id}`),
    publisher: () => undefined,
    concurrency: () => 2,
    timeoutSeconds: () => 0,
  } as unknown as FleetJobsServices;
  const jobs = new FleetJobs(services);
  jobs.onDidChange((job) => heard.push(job?.running ? 'running' : 'shown'));
  const boards = ['a', 'b'].map((id) => new Board(id, fakeWorld({}).services, { name: () => id }));
  for (const board of boards) vi.spyOn(board, 'exec').mockResolvedValue(new Uint8Array());
  await jobs.run({ kind: 'exec', code: 'pass', label: 'pass' }, boards, 'leave');
  expect(heard).toEqual(['shown', 'running', 'shown', 'ran a', 'ran b']);
  jobs.dispose();
});
