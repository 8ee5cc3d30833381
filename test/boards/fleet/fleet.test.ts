import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes';
import { compileForBoard } from '../../../src/core/packages/compileForBoard';
import { Deferred } from '../../../src/core/async';
import { runAction, type FleetAction } from '../../../src/core/many/fleetActions';
import { PendingFolder } from '../../../src/core/many/pendingFolder';
import { PendingJobs } from '../../../src/core/many/pendingJobs';
import { PendingReturns } from '../../../src/core/many/pendingReturns';
import { FleetJob } from '../../../src/core/many/fleetJob';
import { foldResults } from '../../../src/core/many/results';
import type { UploadServices } from '../../../src/core/many/uploadPlan';
import { FileRolloutSteps } from '../../../src/core/many/rolloutFiles';
import { RolloutJob } from '../../../src/core/many/rolloutJob';
import type { ManyStopAnswer } from '../../../src/core/board/stopPolicy';
import { tempDir } from '../../lab/paths.mjs';
import { FleetRig } from '../rig/fleetRig';
import { startMpyCross } from '../rig/packageLab';

const COUNT = 40;
let rig: FleetRig;

beforeAll(async () => {
  rig = await FleetRig.start(COUNT);
});
afterAll(() => rig.stop());

const exec = (code: string): FleetAction => ({ kind: 'exec', code, label: 'test' });

function job(
  action: FleetAction,
  boards = rig.boards,
  more: { programs?: ManyStopAnswer; timeoutMs?: number } = {},
) {
  const options = { concurrency: COUNT, programs: 'leave' as const, ...more };
  return new FleetJob(action, boards, { stopPolicies: rig.stopPolicies }, options);
}

describe(`a job on ${COUNT} boards`, () => {
  it('reaches every one, and the first job opens every link', async () => {
    const results = await job({ kind: 'read', expression: '6 * 7' }).run();
    expect(foldResults(results)).toMatchObject([{ status: 'ok', output: '42\n' }]);
    expect(results).toHaveLength(COUNT);
    expect(rig.asked).toBe(0);
  });

  it("takes at most three times as long as one board, without the boards' own time", async () => {
    // The boards only pause, which costs this machine nothing however many there are.
    const WORK_MS = 200;
    const action = exec(`import time\ntime.sleep_ms(${WORK_MS})\nprint("done")`);
    const timed = async (boards = rig.boards) => {
      const start = performance.now();
      const results = await job(action, boards).run();
      expect(results.every((r) => r.status === 'ok' && r.output === 'done\n')).toBe(true);
      return performance.now() - start;
    };
    await timed();
    const one = Math.min(await timed(rig.boards.slice(0, 1)), await timed(rig.boards.slice(0, 1)));
    const many = Math.min(await timed(), await timed());
    expect(many).toBeLessThan(3 * one + WORK_MS);
  });

  it('reports boards with different answers', async () => {
    const odd = rig.uboards[7]?.name ?? '';
    const code = `import machine\nprint("odd" if machine.unique_id() == ${JSON.stringify(odd)}.encode() else "same")`;
    const folds = foldResults(await job(exec(code)).run());
    expect(folds.map((f) => [f.output, f.results.length])).toEqual([
      ['same\n', COUNT - 1],
      ['odd\n', 1],
    ]);
    expect(folds[1]?.results[0]?.id).toBe(rig.boards[7]?.id);
  });

  it('names the boards that fail, and retries only those', async () => {
    const [dead] = rig.uboards.slice(-1);
    if (!dead) throw new Error('no board');
    const run = job(exec('print(1)'));
    await dead.kill();
    const results = await run.run();
    const bad = results.filter((r) => r.status !== 'ok');
    expect(bad).toHaveLength(1);
    expect(bad[0]?.board).toBe(rig.boards.at(-1)?.name);
    expect(bad[0]?.error?.message).not.toBe('');
    expect(run.unfinished).toEqual(rig.boards.slice(-1));

    await dead.restart();
    const again = await run.run(run.unfinished);
    expect(again.filter((r) => r.status === 'ok')).toHaveLength(COUNT);
  });

  it('gives up on a board that hangs after the time limit, and leaves it at the prompt', async () => {
    const hung = rig.uboards[3]?.name ?? '';
    const code = `import machine\nwhile machine.unique_id() == ${JSON.stringify(hung)}.encode(): pass\nprint(1)`;
    const results = await job(exec(code), rig.boards, { timeoutMs: 10_000 }).run();
    expect(results.filter((r) => r.status === 'failed').map((r) => [r.id, r.error?.code])).toEqual([
      [rig.boards[3]?.id, 'timeout'],
    ]);
    expect((await job(exec('print(2)')).run()).every((r) => r.output === '2\n')).toBe(true);
  });

  it('is cancelled on all at the same time', async () => {
    const run = job(exec('print("go")\nwhile True: pass'));
    run.onDidChange(() => {
      if (run.results.every((r) => r.output === 'go\n')) run.cancel();
    });
    const results = await run.run();
    expect(new Set(results.map((r) => r.status))).toEqual(new Set(['cancelled']));
    expect((await job(exec('print(3)')).run()).every((r) => r.output === '3\n')).toBe(true);
  });

  it('uploads the same files to all, verified by their hashes', async () => {
    const files = [
      { path: '/lib/a.py', content: utf8('A = 1\n'.repeat(300)) },
      { path: '/b.bin', content: Uint8Array.from({ length: 3000 }, (_, i) => (i * 31) % 256) },
    ];
    const results = await job({ kind: 'upload', files, label: 'two files' }).run();
    expect(results.filter((r) => r.status !== 'ok')).toEqual([]);
    const sums = await Promise.all(rig.boards.map((b) => b.files.hash(files.map((f) => f.path))));
    expect(new Set(sums.map((s) => s.join())).size).toBe(1);
    const [first] = rig.boards;
    const back = await first?.files.read('/b.bin');
    expect(Buffer.from(back ?? []).equals(Buffer.from(files[1]?.content ?? [1]))).toBe(true);
  });
});

describe('a job where programs run', () => {
  it('leaves them alone or stops them, after one answer for all', async () => {
    const program = { '/main.py': 'import time\nwhile True:\n  time.sleep_ms(20)\n' };
    const own = await FleetRig.start(3, { files: program });
    try {
      const run = (programs: ManyStopAnswer) => {
        const services = { stopPolicies: own.stopPolicies };
        return new FleetJob(exec('print(1)'), own.boards, services, { programs }).run();
      };
      const left = await run('leave');
      expect(left.map((r) => r.error?.code)).toEqual(left.map(() => 'programRunning'));
      expect((await run('stopAndRestart')).every((r) => r.output === '1\n')).toBe(true);
      const again = await run('leave');
      expect(again.map((r) => r.error?.code)).toEqual(again.map(() => 'programRunning'));
      expect((await run('stop')).every((r) => r.output === '1\n')).toBe(true);
      expect((await run('leave')).every((r) => r.output === '1\n')).toBe(true);
      expect(own.asked).toBe(0);
    } finally {
      await own.stop();
    }
  });
});

describe('a job for a board that is away', () => {
  it('runs only once the board is back', async () => {
    const [board, ...others] = rig.boards;
    const ttys = rig.uboards.map((u) => u.tty);
    if (!board?.uid) throw new Error('the board has not been identified');
    rig.fleet.rename(board, 'sleeper'); // a board with a name stays in the tree while it is away
    const done: string[] = [];
    const ended = new Deferred<undefined>();
    const pending = new PendingJobs(
      new PendingFolder(join(tempDir('waiting'), 'waiting')),
      async (job) => {
        const found = rig.fleet.byUid(job.uid);
        if (!found) throw new Error('not there');
        const io = { signal: AbortSignal.timeout(10_000), print: () => undefined };
        await runAction(found, job.action, io);
        done.push(job.what);
      },
      (error) => ended.reject(error),
    );
    pending.onDidChange(() => {
      if (pending.all.length === 0) ended.resolve(undefined);
    });
    const returns = new PendingReturns(rig.fleet, pending);
    try {
      await board.disconnect();
      rig.ports.set(ttys.slice(1));
      expect(board.present).toBe(false);
      const files = [{ path: '/late.txt', content: utf8('better late') }];
      await pending.add(board.uid, board.name, { kind: 'upload', files, label: 'late.txt' });
      await others[0]?.refreshInfo(); // other boards' events are not its return
      expect(done).toEqual([]);
      rig.ports.set(ttys);
      await ended.promise;
      expect(done).toEqual(['Upload late.txt']);
      expect(Buffer.from(await board.files.read('/late.txt')).toString()).toBe('better late');
    } finally {
      returns.dispose();
    }
  });
});

describe('a roll-out to real boards', () => {
  const plan = { canaries: 1, waves: [0.5], healthMs: 2000 };
  const newApp = (code: string) => [{ path: '/app.py', content: utf8(code) }];
  const rollOut = (code: string, health: string) => {
    const stop = { policies: rig.stopPolicies, programs: 'stop' as const };
    const what = { files: newApp(code), health, reset: true };
    return new RolloutJob('test', rig.boards.slice(0, 8), new FileRolloutSteps(what), plan, stop);
  };
  const apps = async () =>
    Promise.all(
      rig.boards
        .slice(0, 8)
        .map(async (b) => Buffer.from(await b.files.read('/app.py')).toString()),
    );

  it('writes the new files to all boards, wave by wave, and frees the backups', async () => {
    expect(await rollOut('def ok(): return True\n', "__import__('app').ok()").run()).toBe('done');
    expect(new Set(await apps())).toEqual(new Set(['def ok(): return True\n']));
    const left = await Promise.all(rig.boards.slice(0, 8).map((b) => b.files.list('/')));
    expect(left.flat().filter((e) => e.name.startsWith('.mpyfleet'))).toEqual([]);
  });

  it('restores the old files everywhere if the canary fails', async () => {
    const job = rollOut('def ok(): return False\n', "__import__('app').ok()");
    expect(await job.run()).toBe('rolledBack');
    expect(new Set(await apps())).toEqual(new Set(['def ok(): return True\n']));
    expect(job.results.map((r) => r.status)).toEqual([
      'failed',
      ...Array<string>(7).fill('cancelled'),
    ]);
    expect(job.results[0]?.error?.message).toMatch(/health check stayed false/);
    expect(job.results[7]?.output).toMatch(/^not reached/);
  });

  it('restores the old files on all touched boards if a later one fails', async () => {
    const bad = rig.uboards[2]?.name ?? '';
    const health = `__import__('machine').unique_id() != b${JSON.stringify(bad)}`;
    const job = rollOut('def ok(): return 2\n', health);
    expect(await job.run()).toBe('rolledBack');
    expect(new Set(await apps())).toEqual(new Set(['def ok(): return True\n']));
    const told = job.results.map((r) => r.error?.message ?? r.output.trim());
    expect(told.filter((t) => t.includes('has its old files back'))).toHaveLength(4);
    expect(told.filter((t) => t.includes('health check stayed false'))).toHaveLength(1);
    expect(told.filter((t) => t.startsWith('not reached'))).toHaveLength(4);
  });
});

describe('uploads to many that are compiled', () => {
  const SOURCE = { path: '/calcs/calc.py', content: utf8('def f(x): return 6 * x\n') };
  const OLD = utf8('def f(x): return "old"\n');
  const noted: string[] = [];
  let mpyCross: Awaited<ReturnType<typeof startMpyCross>>;
  let upload: UploadServices;

  beforeAll(async () => {
    mpyCross = await startMpyCross();
    upload = {
      compiles: true,
      compiler: async (board) => {
        const { mpy } = await board.refreshInfo();
        const target = { key: board.id, files: board.files, ...(mpy && { mpy }) };
        return (path, content) => compileForBoard(path, content, target, mpyCross.compile);
      },
      uploaded: (boards, files) => {
        for (const board of boards)
          noted.push(...files.map((file) => `${board.name} ${file.path} ${file.local}`));
        return Promise.resolve();
      },
    };
  });
  afterAll(() => mpyCross.dispose());

  const names = async (board: (typeof rig.boards)[number], folder: string) =>
    (await board.files.list(folder)).map((entry) => entry.name).sort();

  it('are .mpy on each board, make empty folders, and note where each file came from', async () => {
    const boards = rig.boards.slice(0, 2);
    for (const board of boards) await board.files.writeMany([{ ...SOURCE, content: OLD }]);
    const action: FleetAction = {
      kind: 'upload',
      files: [{ ...SOURCE, local: 'file:///project/calc.py' }],
      emptyFolders: ['/logs/new'],
      label: 'calc.py',
    };
    const services = { stopPolicies: rig.stopPolicies, upload };
    const results = await new FleetJob(action, boards, services, { programs: 'stop' }).run();
    expect(results.map((r) => r.error?.message ?? r.status)).toEqual(['ok', 'ok']);
    for (const board of boards) {
      expect(await names(board, '/calcs')).toEqual(['calc.mpy']);
      expect(await names(board, '/logs')).toEqual(['new']);
    }
    expect(noted.sort()).toEqual(
      boards.map((b) => `${b.name} /calcs/calc.py file:///project/calc.py`).sort(),
    );
  });

  it('are restored as source when a roll-out is rolled back', async () => {
    const boards = rig.boards.slice(2, 3);
    for (const board of boards) await board.files.writeMany([{ ...SOURCE, content: OLD }]);
    const stop = { policies: rig.stopPolicies, programs: 'stop' as const };
    const what = {
      files: [SOURCE],
      health: "__import__('calcs.calc').calc.f(7) == 'old'",
      reset: true,
    };
    const plan = { canaries: 1, healthMs: 100 };
    expect(
      await new RolloutJob('test', boards, new FileRolloutSteps(what, upload), plan, stop).run(),
    ).toBe('rolledBack');
    const [board] = boards;
    if (!board) throw new Error('there is no board');
    expect(await names(board, '/calcs')).toEqual(['calc.py']);
    expect(Buffer.from(await board.files.read(SOURCE.path))).toEqual(Buffer.from(OLD));
  });
});
