import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fetchFiles, filesMatching } from '../../../src/core/many/collect';
import type { FleetAction } from '../../../src/core/many/fleetActions';
import { FleetJob } from '../../../src/core/many/fleetJob';
import { startSerlink, startUboard } from '../../lab/index.mjs';
import { composeFleet, Ports } from '../rig/fleetRig';

const COUNT = 8;
/** Incompressible bytes that take two seconds on a line of 115 200 baud, however busy the computer is. */
const RESULT = randomBytes(24_000);

let uboards: Awaited<ReturnType<typeof startUboard>>[];
let cables: Awaited<ReturnType<typeof startSerlink>>[];
let rig: ReturnType<typeof composeFleet>;

beforeAll(async () => {
  uboards = await Promise.all(
    Array.from({ length: COUNT }, () =>
      startUboard({ sizeKib: 256, files: { 'logs/result.csv': RESULT } }),
    ),
  );
  cables = await Promise.all(uboards.map((u) => startSerlink({ to: u.tty, baud: 115_200 })));
  rig = composeFleet();
  const ports = new Ports();
  rig.fleet.addSource(ports);
  ports.set(cables.map((c) => c.tty));
  await Promise.all(rig.fleet.boards.map((b) => b.connect()));
});
afterAll(async () => {
  rig.fleet.dispose();
  await Promise.all(cables.map((c) => c.stop()));
  await Promise.all(uboards.map((u) => u.stop()));
});

it('collecting from eight boards takes at most twice the time of one, and every file is whole', async () => {
  const got = new Map<string, Uint8Array>();
  const action: FleetAction = {
    kind: 'work',
    title: 'Collect *.csv',
    work: async (board, { signal }) => {
      const files = await filesMatching(board, '*.csv', signal);
      const put = (_parts: readonly string[], content: Uint8Array) => {
        got.set(board.id, content);
        return Promise.resolve();
      };
      await fetchFiles(board, files, put, { signal });
    },
  };
  const timed = async (boards: typeof rig.fleet.boards) => {
    got.clear();
    const start = performance.now();
    const services = { stopPolicies: rig.stopPolicies };
    const results = await new FleetJob(action, boards, services, { programs: 'stop' }).run();
    expect(results.map((r) => [r.status, r.error?.message])).toEqual(
      boards.map(() => ['ok', undefined]),
    );
    expect([...got.values()].map((c) => Buffer.compare(c, RESULT))).toEqual(boards.map(() => 0));
    return performance.now() - start;
  };
  const [first] = rig.fleet.boards;
  if (!first) throw new Error('there is no board');
  await timed([first]); // what a link does once is not counted
  const one = await timed([first]);
  const eight = await timed(rig.fleet.boards);
  expect(one).toBeGreaterThan(1_500); // the line is what takes the time
  expect(eight).toBeLessThan(2 * one);
});
