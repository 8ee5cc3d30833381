import { mkdirSync, readFileSync, writeFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { nextRun } from '../../../src/core/apps';
import { PendingFolder, PendingJobs } from '../../../src/core/many';
import { pollUntil, startMosquitto, startPostgres, tempDir } from '../../lab/index.mjs';
import { ADMIN_KEY, type AgentBoard } from '../rig/agent/board';
import { BuiltCli } from '../rig/cliRig';
import { startAnnounced } from '../rig/mqttRig';

const NAMES = ['watch-01', 'watch-02'];
const KEY = 'a-secret-of-the-test';
const MAIN = `import asyncio, fleet

heard = []

def answer(text):
    heard.append(text)
    return ",".join(heard) if text == "heard" else text.upper()

fleet.on_message(answer)

async def main():
    n = 0
    while True:
        n += 1
        fleet.send({"n": n})
        await asyncio.sleep_ms(250)
`;

let cli: BuiltCli;
let broker: Awaited<ReturnType<typeof startMosquitto>>;
let boards: AgentBoard[];
let dir: string;
const env = {
  ...{ MPYFLEET_CONFIG: 'fleet.json', MPYFLEET_KEYS: 'keys.json', MPYFLEET_API_KEY: KEY },
};
const run = (...args: string[]) => cli.run(args, { cwd: dir, env });
const start = (...args: string[]) => cli.start(args, { cwd: dir, env });

beforeAll(async () => {
  dir = tempDir('apps-watch');
  [cli, broker] = await Promise.all([
    BuiltCli.build(),
    startMosquitto({ config: ['set_tcp_nodelay true'] }),
  ]);
  boards = await startAnnounced(
    broker,
    NAMES.map((name) => ({ name, heap: 1024, config: { tm: 0 } })),
  );
  const known = Object.fromEntries(
    NAMES.map((name, i) => [name, `mqtt://office/${boards[i]?.uid ?? ''}`]),
  );
  const config = { brokers: { office: broker.url }, boards: known };
  writeFileSync(join(dir, 'fleet.json'), JSON.stringify(config));
  writeFileSync(join(dir, 'keys.json'), JSON.stringify({ '*': ADMIN_KEY.toString('hex') }), {
    mode: 0o600,
  });
  mkdirSync(join(dir, 'count'));
  const manifest = { name: 'count', version: '1.0.0', trial: 1, keep: 16384 };
  writeFileSync(join(dir, 'count/app.json'), JSON.stringify(manifest));
  writeFileSync(join(dir, 'count/main.py'), MAIN);
});
afterAll(async () => {
  await Promise.all(boards.map((b) => b.stop()));
  await broker.stop();
});

/** Returns the numbers stored for each board. */
async function stored(more: Record<string, string> = {}): Promise<number[][]> {
  const args = ['messages', 'get', '--json'];
  const { out } = await cli.run(args, { cwd: dir, env: { ...env, ...more } });
  const rows = JSON.parse(out) as { uid: string; data: { n: number } }[];
  return boards.map(({ uid }) => rows.filter((r) => r.uid === uid).map((r) => r.data.n));
}

/** Resolves once something sent after `past` is stored for each board. */
async function reaches(past: number, more?: Record<string, string>): Promise<void> {
  for (;;) if ((await stored(more)).every((numbers) => (numbers.at(-1) ?? 0) > past)) return;
}

it('stores every message once, despite restarts of broker and database and a killed watcher', async () => {
  // A second computer writes to PostgreSQL.
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const elsewhere = { MPYFLEET_STORE: server.url };
  const second = cli.start(['watch', '-v'], { cwd: dir, env: { ...env, ...elsewhere } });
  await second.until(/Watching office/);
  let watch = start('watch', '-v');
  await watch.until(/Watching office/);
  const deployed = await run('-b', 'watch-0[1-2]', 'app', 'deploy', 'count');
  expect(deployed.status, deployed.err).toBe(0);
  await reaches(3);
  await broker.restart();
  await reaches(Math.max(...(await stored()).flat()) + 2);
  await watch.stop('SIGKILL');
  await Promise.all([broker.restart(), server.restart()]);
  watch = start('watch', '-v');
  await watch.until(/Watching office/);
  await reaches(Math.max(...(await stored()).flat()) + 2);
  expect(await watch.stop(), watch.said).toBe(0);
  const all = await stored();
  await reaches(Math.max(...all.flat()), elsewhere);
  expect(await second.stop(), second.said).toBe(0);
  for (const numbers of [...all, ...(await stored(elsewhere))]) {
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  }
});

/** A REST interface, and how a program calls it. */
async function serving() {
  const serve = start('serve', '--port', '0');
  const [, url = ''] = await serve.until(/listening on (\S+)/);
  const call = async (path: string, asked: object, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${url}msg/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      // With a comma at the end, as in an example of Pythings' documentation.
      body: JSON.stringify({ apikey: KEY, ...asked }).replace(/}$/, ', }'),
    });
    return { status: answer.status, json: (await answer.json()) as unknown };
  };
  return { serve, url, call };
}

it("answers Pythings' three calls with its JSON, but only with the right key", async () => {
  const { serve, url, call } = await serving();
  const now = Date.now() / 1_000;
  const tid = boards[0]?.uid;
  const messages = await call('worker/get', { tid, from: now - 3600, to: now + 60 });
  expect(messages).toMatchObject({ status: 200 });
  const [first, second] = messages.json as { ts: string; data: unknown }[];
  expect([first?.data, second?.data]).toEqual([{ n: 1 }, { n: 2 }]);
  expect(first?.ts).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(await call('worker/get', { tid, from: 0, to: 1 })).toEqual({ status: 200, json: [] });

  const { json } = await call('management/new', { tid: 'watch-02', msg: 'meminfo' });
  const { mid } = json as { mid: string };
  expect(mid).toMatch(/^[0-9a-f-]{36}$/);
  for (;;) {
    const answer = await call('management/get', { tid: 'watch-02', mid });
    if ((answer.json as { status: string }).status === 'Sent') continue;
    expect(answer.json).toEqual({ status: 'Received', reply: 'MEMINFO' });
    break;
  }

  const detail = (text: string) => ({ detail: text });
  expect(await call('worker/get', { tid, to: 1 })).toEqual({
    ...{ status: 400, json: detail('No from set') },
  });
  expect(await call('management/get', { tid: 'watch-01', mid })).toMatchObject({ status: 400 });
  expect(await call('management/new', { tid: 'nowhere', msg: 'x' })).toEqual({
    ...{ status: 400, json: detail('Not existent Thing or no access rights') },
  });
  expect(await call('management/new', { tid, msg: 'x', apikey: 'None' })).toEqual({
    ...{ status: 401, json: detail('Wrong API key') },
  });
  expect(await call('worker/get', {}, { Origin: 'https://example.org' })).toMatchObject({
    status: 403,
  });
  expect((await fetch(`${url}msg/worker/get`)).status).toBe(405);
  expect(await serve.stop()).toBe(0);
});

it('lets a message expire if its board does not connect in time, and does not deliver it later', async () => {
  const [board] = boards;
  if (!board) throw new Error('unreachable');
  const send = async (text: string, ...more: string[]) => {
    const { out, err } = await run('-b', 'watch-01', '--json', 'message', 'send', text, ...more);
    const [result] = JSON.parse(out || '[]') as {
      value?: { id: string; state: string; reply: string | null };
    }[];
    if (!result?.value) throw new Error(`${out}${err}`);
    return result.value;
  };
  await board.kill();
  const isAway = async () => /watch-01.*away/.test((await run('list')).out);
  expect(await pollUntil(isAway, 60_000)).toBe(true);
  // The command that sends it takes longer to end.
  const late = await send('too late', '--wait', '0.2');
  const patient = await send('in time');
  expect([late.state, patient.state]).toEqual(['queued', 'queued']);
  const { serve, call } = await serving();
  const becomes = async (mid: string, wanted: object) => {
    for (;;) {
      const { json } = await call('management/get', { tid: board.uid, mid });
      const { status } = json as { status: string };
      if (status === 'Queued' || status === 'Sent') continue;
      expect(json).toMatchObject(wanted);
      return;
    }
  };
  await becomes(late.id, { status: 'Expired' });
  await board.restart();
  await becomes(patient.id, { status: 'Received', reply: 'IN TIME' });
  expect(await send('heard')).toMatchObject({ state: 'done', reply: 'in time,heard' });
  await becomes(late.id, { status: 'Expired' });
  expect(await serve.stop()).toBe(0);
});

it('runs scheduled commands in watch, and lists the last and the next run', async () => {
  const added = await run(
    '-b',
    'watch-01',
    'schedule',
    'add',
    'tick',
    '--every',
    '1',
    'eval',
    '6*7',
  );
  expect(added.status, added.err).toBe(0);
  expect(added.out).toMatch(/^tick: every 1 s, next \d{4}-/);
  const cron = ['--cron', '30 7 * * 1-5'];
  await run('-b', 'watch-01', 'schedule', 'add', 'morning', ...cron, 'message', 'send', 'hello');
  expect(await run('schedule', 'add', 'bad', '--cron', '61 * * * *', 'list')).toMatchObject({
    status: 64,
  });
  expect(await run('schedule', 'add', 'bad', '--every', '5', 'watch')).toMatchObject({
    status: 64,
  });
  // A kept script runs from any folder.
  writeFileSync(join(dir, 'kept.py'), 'print("kept", 6 * 7)\n');
  expect(await run('script', 'keep', 'kept.py')).toMatchObject({
    status: 0,
    out: 'kept:kept.py\n',
  });
  expect(await run('script', 'list')).toMatchObject({ out: 'kept:kept.py\n' });
  rmSync(join(dir, 'kept.py'));
  const ran = await run('-b', 'watch-01', 'script', 'run', 'kept:kept.py');
  expect(ran.out, ran.err).toContain('kept 42');
  expect(await run('script', 'forget', 'kept.py')).toMatchObject({ status: 0 });
  expect(await run('script', 'forget', '../kept.py')).toMatchObject({ status: 64 });
  expect(await run('script', 'list')).toMatchObject({ out: '' });
  const watch = start('watch');
  await watch.until(/tick: done/);
  expect(await watch.stop()).toBe(0);
  const { out } = await run('schedule', 'list', '--json');
  const [tick, morning] = JSON.parse(out) as { last?: number; next: number; said: string }[];
  expect(tick).toMatchObject({ status: 0, said: '42\n', last: expect.any(Number) as number });
  expect(morning).not.toHaveProperty('last');
  const at = new Date(morning?.next ?? 0);
  expect([at.getHours(), at.getMinutes()]).toEqual([7, 30]);
  expect((await run('schedule', 'remove', 'tick')).status).toBe(0);
  expect((await run('schedule', 'list')).out).toMatch(/^morning {2}30 7 \* \* 1-5 {2}last never/);
});

it('lets boards run files by their own clock, across a restart, and catch up on a missed run', async () => {
  const job = `import fleet\nfleet.send({"n": 0, "job": NAME})\n`;
  writeFileSync(join(dir, 'often.py'), job.replace('NAME', '"often"'));
  writeFileSync(join(dir, 'late.py'), job.replace('NAME', '"late"'));
  const add = (name: string, ...more: string[]) =>
    run('-b', 'watch-01', 'schedule', 'add', name, '--on-board', `${name}.py`, ...more);
  const often = await add('often', '--every', '1');
  expect(often.status, often.err).toBe(0);
  expect(await add('late', '--every', '86400', '--missed', 'run')).toMatchObject({ status: 0 });
  const sent = async () => {
    const { out } = await run('-b', 'watch-01', 'messages', 'get', '--json');
    return (JSON.parse(out) as { data: { job?: string }; boot: string }[]).filter(
      (r) => r.data.job,
    );
  };
  const until = async (job: string, skip = '') => {
    for (;;) {
      const found = (await sent()).find((r) => r.data.job === job && r.boot !== skip);
      if (found) return found;
    }
  };
  const { boot } = await until('often');
  const listed = await run('-b', 'watch-01', '--json', 'schedule', 'list');
  const [{ value }] = JSON.parse(listed.out) as [{ value: Record<string, unknown>[] }];
  expect(value.map((s) => [s.id, s.file, s.missed])).toEqual([
    ['often', '/often.py', 'skip'],
    ['late', '/late.py', 'run'],
  ]);
  expect(Number(value[0]?.next)).toBeGreaterThan(Date.now() - 60_000);
  // As if the board had been off for a year.
  const year = `import json
with open("/fleet/plan.json") as f:
    p = json.load(f)
p[1]["last"] = 1700000000
with open("/fleet/plan.json", "w") as f:
    json.dump(p, f)`;
  expect((await run('-b', 'watch-01', 'exec', year)).status).toBe(0);
  expect((await run('-b', 'watch-01', 'reset', '--hard')).status).toBe(0);
  await until('late', boot);
  await until('often', boot);
  expect((await run('-b', 'watch-01', 'schedule', 'remove', 'often')).status).toBe(0);
});

it('reads cron expressions as the computer does', async () => {
  const expressions = [
    '* * * * *',
    '*/15 3 * * *',
    '0 0 1 1 *',
    '30 7 * * 1-5',
    '5 4 13 * 5',
    '0 12 * * 7',
  ];
  const from = Date.UTC(2026, 0, 1) / 60_000;
  const minutes = 60 * 24 * 8;
  const code = `import time
from fleet.plan import parse, due
for e in ${JSON.stringify(expressions)}:
    c = parse(e)
    print(sum(due(c, time.gmtime((${from} + m) * 60)) * (m + 1) for m in range(${minutes})))`;
  const { out, err } = await run('-b', 'watch-01', 'exec', code);
  expect(out.trim().split(/\r?\n/), err).toEqual(
    expressions.map((cron) => {
      let sum = 0;
      const end = (from + minutes) * 60_000;
      for (let at = from * 60_000 - 1; ;) {
        const next = nextRun({ cron }, { after: at, utc: true });
        if (next === undefined || next >= end) return String(sum);
        sum += next / 60_000 - from + 1;
        at = next;
      }
    }),
  );
});

it(
  'installs a script as the program of a board, keeps the previous one, and stops and starts it',
  { timeout: 240_000 },
  async () => {
    writeFileSync(
      join(dir, 'water.py'),
      'import time\nwhile True:\n    print("water")\n    time.sleep(1)\n',
    );
    const board = (...args: string[]) => run('-b', 'watch-02', ...args);
    const installed = await board('script', 'install', 'water.py');
    expect(installed.status, installed.err).toBe(0);
    const state = async (wanted: string) => {
      for (;;) {
        const { out } = await board('script', 'status');
        if (out.includes(wanted)) return out;
      }
    };
    await state('/main.py runs');
    expect(await board('script', 'stop')).toMatchObject({ status: 0, out: 'stopped\n' });
    await state('/main.py does not run');
    expect(await board('script', 'start')).toMatchObject({ status: 0 });
    await state('/main.py runs');
    writeFileSync(join(dir, 'idle.py'), 'print("idle")\n1 / 0\n');
    expect((await board('--stop', 'script', 'install', 'idle.py')).out).toContain(
      '/main.before.py',
    );
    expect(await state('it ended last with')).toContain('ZeroDivisionError');
    expect((await board('cat', ':/main.before.py')).out).toContain('print("water")');
    expect((await board('cat', ':/main.py')).out).toContain('mpyfleet.start()');
    expect(await board('script', 'dance')).toMatchObject({ status: 64 });
  },
);

it('runs jobs that a window left waiting, each once, when their board is back', async () => {
  const state = tempDir('state');
  const shared = { cwd: dir, env: { ...env, XDG_STATE_HOME: state } };
  const window = new PendingJobs(
    new PendingFolder(join(state, 'micropython-fleet', 'waiting')),
    () => Promise.reject(new Error('this window has no connection')),
    (error) => expect.fail(error.message),
  );
  onTestFinished(() => window.dispose());
  await window.load();
  const watches = [cli.start(['watch'], shared), cli.start(['watch'], shared)];
  for (const watch of watches) await watch.until(/Watching office/);
  const board = boards[1];
  if (!board) throw new Error('unreachable');
  await board.kill();
  const isAway = async () => !/watch-02.*online/.test((await run('list')).out);
  expect(await pollUntil(isAway, 60_000)).toBe(true);
  const note = 'with open("/done", "a") as f:\n    f.write("once ")\nprint("noted")\n';
  await window.add(board.uid, 'watch-02', { kind: 'exec', code: note, label: 'note.py' });
  const files = [{ path: '/late.py', content: Buffer.from('print("better late")\n') }];
  const upload = { kind: 'upload', label: 'late.py', files, compile: true } as const;
  await window.add(board.uid, 'watch-02', upload);
  await board.restart();
  await vi.waitFor(() => expect(window.all).toEqual([]), { timeout: 60_000 });
  expect((await run('-b', 'watch-02', 'cat', ':/done')).out).toBe('once ');
  expect((await run('-b', 'watch-02', 'ls', ':/')).out).toContain('late.mpy');
  for (const watch of watches) expect(await watch.stop(), watch.said).toBe(0);
  const said = watches.map((watch) => watch.said).join('');
  expect(said.match(/^watch-02: .*$/gm)).toEqual([
    'watch-02: noted',
    'watch-02: Run note.py: done',
    'watch-02: Upload late.py: done',
  ]);
  const audit = await cli.run(['audit', '-b', 'watch-02'], shared);
  expect(audit.out).toMatch(/Upload late\.py/);
});

it('watches any topic, publishes to it, and shows retained messages', async () => {
  const publish = (...args: string[]) => run('topic', 'publish', ...args);
  expect(await publish('lab/rate', '5', '--retain')).toMatchObject({ status: 0, err: '' });
  const watch = start('topic', 'watch', 'lab/#', '--json');
  const [kept = ''] = await watch.until(/^\{.*"lab\/rate".*\}$/m);
  expect(JSON.parse(kept)).toMatchObject({ topic: 'lab/rate', retained: true, text: '5' });
  expect(await publish('lab/state', 'on')).toMatchObject({ status: 0 });
  const [now = ''] = await watch.until(/^\{.*"lab\/state".*\}$/m);
  expect(JSON.parse(now)).toMatchObject({ topic: 'lab/state', retained: false, text: 'on' });
  expect(await watch.stop()).toBe(0);
  expect((await run('--timeout', '2', 'topic', 'watch', 'lab/rate')).out).toMatch(
    /^\S+Z {2}lab\/rate {2}5 {2}\(kept\)\n$/,
  );
  expect(await publish('lab/+', 'x')).toMatchObject({ status: 64 });
  expect(await publish('lab/rate')).toMatchObject({ status: 64 });
  expect(await run('topic', 'watch', 'lab/#/more')).toMatchObject({ status: 64 });
  expect(await run('--broker', 'other', 'topic', 'watch', 'x')).toMatchObject({ status: 64 });
});

it('writes a systemd unit that names this program and contains no secret', async () => {
  const password = { MPYFLEET_BROKER_PASSWORD: 'hidden-from-files' };
  const { status, out } = await cli.run(['watch', '--install'], {
    ...{ cwd: dir, env: { ...env, ...password } },
  });
  expect(status).toBe(0);
  expect(out).toMatch(/systemd\/user\/mpyfleet-watch\.service\n$/);
  const unit = readFileSync(out.trim(), 'utf8').split('\n');
  expect(unit).toContain(`ExecStart="${process.execPath}" "${cli.path}" watch`);
  expect(unit).toContain(`WorkingDirectory=${dir}`);
  expect(unit).toContain('Environment="MPYFLEET_KEYS=keys.json"');
  expect(unit.join('\n')).not.toContain('hidden-from-files');
});
