import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMosquitto, startUboard, tempDir } from '../../lab/index.mjs';
import type { Uboard } from '../../lab/uboard.mjs';
import { ADMIN_KEY, startAgentBoard } from '../rig/agent/board';
import { BuiltCli } from '../rig/cliRig';
import { allAnnounced } from '../rig/mqttRig';

/** Twenty boards, which must all do the same. */
const NAMES = Array.from({ length: 20 }, (_, i) => `app-${String(i + 1).padStart(2, '0')}`);

let cli: BuiltCli;
let broker: Awaited<ReturnType<typeof startMosquitto>>;
let boards: Uboard[];
let dir: string;
const env = { MPYFLEET_CONFIG: 'fleet.json', MPYFLEET_KEYS: 'keys.json' };
const run = (...args: string[]) => cli.run(args, { cwd: dir, env });

beforeAll(async () => {
  dir = tempDir('apps-cli');
  [cli, broker] = await Promise.all([
    BuiltCli.build(),
    startMosquitto({ config: ['set_tcp_nodelay true'] }),
  ]);
  const at = { host: '127.0.0.1', port: broker.port };
  boards = await startBoards(at);
  await allAnnounced(
    broker.url,
    NAMES.map((name) => ({ uid: Buffer.from(name).toString('hex') })),
  );
  const known = NAMES.map((name) => {
    const address = `mqtt://office/${Buffer.from(name).toString('hex')}`;
    return [name, { address, tags: [name < 'app-11' ? 'left' : 'right'] }] as const;
  });
  const config = { brokers: { office: broker.url }, boards: Object.fromEntries(known) };
  writeFileSync(join(dir, 'fleet.json'), JSON.stringify(config));
  writeFileSync(join(dir, 'keys.json'), JSON.stringify({ '*': ADMIN_KEY.toString('hex') }), {
    mode: 0o600,
  });
});

/** Starts real boards with the agent. One is set up; all start from copies of its flash. */
async function startBoards(at: Record<string, unknown>): Promise<Uboard[]> {
  const size = { heap: 1024, sizeKib: 1024 };
  const first = await startAgentBoard({ name: 'app-01', broker: at, config: { tm: 0 }, ...size });
  const image = join(tempDir('image'), 'flash.img');
  await first.kill();
  copyFileSync(first.flash, image);
  await first.stop();
  const started: Uboard[] = [];
  for (let i = 0; i < NAMES.length; i += 5) {
    const some = NAMES.slice(i, i + 5).map((name) => {
      const flash = join(tempDir('flash'), 'flash.img');
      copyFileSync(image, flash);
      return startUboard({ name, flash, ...size });
    });
    started.push(...(await Promise.all(some)));
  }
  return started;
}
afterAll(async () => {
  await Promise.all(boards.map((b) => b.stop()));
  await broker.stop();
});

function write(folder: string, files: Record<string, string>): void {
  mkdirSync(join(dir, folder), { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(dir, folder, path), text);
}

/** Returns the line of `app list` for each board, once no version is on trial. */
async function settled(): Promise<Record<string, unknown>[]> {
  for (;;) {
    const { out } = await run('-b', 'all', '--json', 'app', 'list');
    const results = JSON.parse(out) as { value?: Record<string, unknown> }[];
    const values = results.map((r) => r.value ?? {});
    if (values.every((v) => v.onTrial === false)) return values;
  }
}

describe('mpyfleet app', () => {
  let good: unknown;

  it('creates an app that runs unchanged, and deploys it to twenty boards, each file published once', async () => {
    expect(await run('app', 'new', 'hello')).toMatchObject({ status: 0 });
    expect(await run('app', 'new', 'hello')).toMatchObject({ status: 64 });
    const manifest = JSON.parse(readFileSync(join(dir, 'hello/app.json'), 'utf8')) as object;
    write('hello', { 'app.json': JSON.stringify({ ...manifest, worker: 1, trial: 2 }) });
    const { status, out, err } = await run('-b', 'all', '--json', 'app', 'deploy', 'hello');
    expect(status, err).toBe(0);
    const results = JSON.parse(out) as { value: Record<string, unknown> }[];
    expect(results.map((r) => r.value)).toMatchObject(
      NAMES.map(() => ({ changed: true, copied: 0 })),
    );
    const now = await settled();
    good = now[0]?.run;
    expect(good).toMatch(/^hello\/0\.1\.0-[0-9a-f]{8}$/);
    expect(now).toEqual(NAMES.map(() => ({ run: good, onTrial: false })));
    const again = await run('-b', 'app-01', 'app', 'deploy', 'hello');
    expect(again.out).toContain('already runs there');
  });

  it('stores messages of the apps once, and prints them as JSON, CSV and by time', async () => {
    const { status, out, err } = await run('-b', 'app-01', 'messages', 'get', '--json');
    expect(status, err).toBe(0);
    const rows = JSON.parse(out) as { seq: number; data: unknown; board: string; boot: string }[];
    expect(rows[0]).toMatchObject({
      board: 'app-01',
      data: { free_memory: expect.any(Number) as number },
    });
    const again = await run('-b', 'app-01', 'messages', 'get', '--json');
    const keys = (JSON.parse(again.out) as typeof rows).map((r) => `${r.boot} ${r.seq}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.slice(0, rows.length)).toEqual(rows.map((r) => `${r.boot} ${r.seq}`));
    const table = await run('messages', 'get', '--csv', '--from', '1h');
    expect(table.out).toMatch(/^time,board,app,free_memory\r\n[^,]+,[^,]+,hello,\d+\r\n/);
    expect((await run('messages', 'get', '--to', '1h')).out).toBe('');
    expect(await run('messages', 'get', '--from', 'never')).toMatchObject({ status: 64 });
  });

  it('sends a message to the apps and prints their replies', async () => {
    const { status, out, err } = await run('-b', 'all', '--json', 'message', 'send', 'hello');
    expect(status, err).toBe(0);
    const answers = JSON.parse(out) as { value: unknown }[];
    expect(answers.map((a) => a.value)).toMatchObject(
      NAMES.map(() => ({ state: 'done', reply: 'You said hello' })),
    );
  });

  it('lets all of twenty boards fall back from a version that keeps failing', async () => {
    const broken = {
      'app-[01-05]': 'def oops(:\n    pass\n\nclass WorkerTask: pass\n',
      'app-[06-10]': 'class WorkerTask:\n    def call(self):\n        return 1 / 0\n',
      'app-[11-15]': 'import machine\nclass WorkerTask: pass\nmachine.reset()\n',
      'app-[16-20]': 'import nothing_of_that_name\nclass WorkerTask: pass\n',
    };
    const deployed = await Promise.all(
      Object.entries(broken).map(async ([name, source], i) => {
        const manifest = { name: 'hello', version: '9.0.0', trial: 3 };
        write(`bad-${i}`, { 'app.json': JSON.stringify(manifest), 'worker_task.py': source });
        return run('-b', name, 'app', 'deploy', `bad-${i}`);
      }),
    );
    for (const { out, err } of deployed) expect(out + err).toContain('hello/9.0.0-');
    const now = await settled();
    expect(now.map((v) => v.run)).toEqual(NAMES.map(() => good));
    const why = now.map((v) => (v.bad as { why: string }).why);
    const reasons = ['SyntaxError', 'ZeroDivisionError', 'restarted 2 times', 'no module named'];
    for (const [i, said] of why.entries()) expect(said).toContain(reasons[Math.floor(i / 5)]);
    const { out } = await run('-b', 'all', '--json', 'message', 'send', 'still there?');
    const answers = JSON.parse(out) as { value: { reply: string } }[];
    expect(answers.map((a) => a.value.reply)).toEqual(NAMES.map(() => 'You said still there?'));
  });

  it('deploys the app assigned to a tag, follows the branch, and shows boards that differ', async () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=me', '-c', 'user.email=me@here', ...args], {
        cwd: join(dir, 'hello'),
      });
    git('init', '-q');
    git('add', '-A');
    git('commit', '-qm', 'one');
    const two = ['-b', 'app-01,app-11'];
    const assign = ['app', 'assign', 'hello', '--ref', 'latest'];
    expect(await run(...assign)).toMatchObject({ status: 64 });
    const assigned = await run('-b', 'tag:left', ...assign);
    expect(assigned.out, assigned.err).toBe(`tag:left: ${String(good)}\n`);
    const differs = async () => {
      const { out } = await run(...two, '--json', 'app', 'list');
      return (JSON.parse(out) as { value: { drift?: string } }[]).map((r) => r.value.drift);
    };
    expect(await differs()).toEqual(['none', undefined]);
    const manifest = JSON.parse(readFileSync(join(dir, 'hello/app.json'), 'utf8')) as object;
    write('hello', { 'app.json': JSON.stringify({ ...manifest, version: '0.2.0' }) });
    expect(await differs()).toEqual(['none', undefined]); // not committed
    git('commit', '-qam', 'two');
    expect(await differs()).toEqual(['differs', undefined]);
    const listed = await run('-b', 'app-01', 'app', 'list');
    expect(listed.out).toMatch(/should run: hello\/0\.2\.0-/);
    const applied = await run(...two, 'app', 'apply');
    expect(applied.status, applied.err).toBe(0);
    expect(applied.out).toContain('nothing is assigned');
    await settled();
    expect(await differs()).toEqual(['none', undefined]);
    // While mpyfleet watch runs, boards get the app when an assignment changes, and when they
    // connect.
    const watch = cli.start(['watch'], { cwd: dir, env });
    await watch.until(/app-10: hello\/0\.2\.0-\w+ runs on trial/);
    await boards[1]?.kill();
    write('hello', { 'app.json': JSON.stringify({ ...manifest, version: '0.3.0' }) });
    git('commit', '-qam', 'three');
    await watch.until(/app-01: hello\/0\.3\.0-\w+ runs on trial for 2 s: 1 file sent/);
    await boards[1]?.restart();
    // Before it is stopped: in which order the boards get it is open.
    for (const name of NAMES.slice(0, 10)) {
      await watch.until(new RegExp(`${name}: hello/0\\.3\\.0-\\w+ runs on trial`));
    }
    expect(watch.said).not.toMatch(/app-1[1-9]/);
    expect(await watch.stop(), watch.said).toBe(0);
    const versions = (await settled()).map((v) => String(v.run).split('-')[0]);
    expect(versions.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 'hello/0.3.0'));
    expect(versions.slice(10)).not.toContain('hello/0.3.0');
    expect(await run('-b', 'tag:left', 'app', 'unassign')).toMatchObject({ status: 0 });
    expect(await run('-b', 'tag:left', 'app', 'unassign')).toMatchObject({ status: 64 });
    expect((await run('app', 'assignments')).out).toBe('');
  });

  it('removes an app', async () => {
    expect(await run('-b', 'app-01', 'app', 'remove')).toMatchObject({ status: 0 });
    expect((await run('-b', 'app-01', 'app', 'list')).out).toBe('no app\n');
  });
});

describe('a board on a cable, without the agent', () => {
  it('runs the app from main.py, and keeps the rest of main.py', async () => {
    const main = 'print("own program")\n';
    const board = await startUboard({ name: 'desk', files: { '/main.py': main } });
    try {
      const usb = (...args: string[]) => run('-b', `serial:${board.tty}`, '--stop', ...args);
      const { status, out, err } = await usb('app', 'deploy', 'hello');
      expect(status, err).toBe(0);
      expect(out).toMatch(/files? sent/);
      const log = cli.start(['-b', `serial:${board.tty}`, 'log'], { cwd: dir, env });
      await log.until(/hello \{"free_memory": \d+\}/);
      await log.stop();
      expect((await usb('app', 'list')).out).toMatch(/^hello\/0\.\d\.0-/);
      expect(await usb('app', 'remove')).toMatchObject({ status: 0 });
      const files = await board.files();
      expect(String(files['/main.py'])).toBe(main);
      expect(Object.keys(files).filter((path) => path.startsWith('/fleet'))).toEqual([]);
    } finally {
      await board.stop();
    }
  });
});
