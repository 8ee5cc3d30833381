import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askPlan, readBoardApp, writePlan } from '../../../src/core/apps';
import { utf8 } from '../../../src/core/bytes';
import { pollUntil } from '../../lab/index.mjs';
import { AppFar, makeApp, sample, supervisor } from '../rig/appRig';

let far: AppFar;
beforeAll(async () => {
  far = await AppFar.start();
});
afterAll(() => far.stop());

const replyTo = (id: string) => (records: readonly { kind: string; to?: string }[]) =>
  records.some((r) => r.kind === 'reply' && r.to === id);

describe("Pythings' sample", () => {
  it('runs unchanged: the worker sends, the management answers and drives the LED', async () => {
    const app = await makeApp(
      { name: 'luminosity', version: '1.0.0', worker: 0.2, management: 0.2, trial: 1 },
      {
        'worker_task.py': sample('worker_task.py'),
        'management_task.py': sample('management_task.py'),
      },
    );
    expect(await far.deploy(app)).toMatchObject({ changed: true, copied: 0 });
    const records = await far.records((r) => r.length >= 3);
    expect(records.slice(0, 3).map((r) => [r.seq, r.kind === 'data' && r.data])).toEqual([
      [1, { luminosity_au: 301 }],
      [2, { luminosity_au: 302 }],
      [3, { luminosity_au: 303 }],
    ]);
    const say = async (id: string, t: string) => {
      expect(await far.control.askApp({ a: 'msg', id, t })).toMatchObject({ st: 'delivered' });
      const answer = (await far.records(replyTo(id))).find((r) => r.kind === 'reply');
      return answer?.kind === 'reply' ? answer.reply : undefined;
    };
    expect(Number(await say('m1', 'meminfo'))).toBeGreaterThan(10_000);
    expect(await say('m2', 'green:on')).toBe('Executed');
    expect(await far.python('import machine\nprint(machine.duties)')).toBe('{12: 1000}');
    expect(await say('m3', 'blue:2000')).toBe('Command argument not valid');
    expect(await say('m4', 'dance')).toBe('Command not valid');
    await far.event('app', 'confirmed');
    expect(await readBoardApp(far.files)).toEqual({ run: app.id, onTrial: false });
  });
});

describe('other kinds of apps', () => {
  it("runs a coroutine and mqboard's start(), with settings, live intervals and tracebacks", async () => {
    const main = `import asyncio
import fleet

def start(mqtt, config):
    fleet.send({"config": config, "client": hasattr(mqtt.client, "publish")})

def answer(text):
    if text == "bad":
        return {}["no such key"]
    return None if text == "quiet" else text.upper()

fleet.on_message(answer)

async def main():
    while True:
        fleet.send({"tick": 1})
        await asyncio.sleep(fleet.interval("worker"))
`;
    const app = await makeApp(
      { name: 'mixed', worker: 100, trial: 1, config: { topic: 'x' } },
      { 'main.py': main },
    );
    await far.deploy(app);
    const first = await far.records((r) => r.length >= 2);
    const said = first.map((r) => r.kind === 'data' && r.data);
    expect(said).toContainEqual({ config: { topic: 'x' }, client: true });
    expect(said).toContainEqual({ tick: 1 });

    for (const [id, t] of [
      ['q1', 'hello'],
      ['q2', 'quiet'],
      ['q3', 'bad'],
    ]) {
      await far.control.askApp({ a: 'msg', id, t });
      await far.control.askApp({ a: 'msg', id, t }); // a repeated message never runs twice
    }
    const replies = (await far.records(replyTo('q3'))).filter((r) => r.kind === 'reply');
    expect(replies).toMatchObject([
      { to: 'q1', reply: 'HELLO' },
      { to: 'q2' },
      { to: 'q3', error: expect.stringContaining('line 9, in answer') as string },
    ]);
    expect(replies[1]).not.toHaveProperty('reply');
    expect(await far.control.askApp({ a: 'msg', id: 'q1', t: 'hello' })).toMatchObject({
      st: 'done',
      r: 'HELLO',
    });
  });

  it('changes the interval of a worker while it runs, and keeps it over a restart', async () => {
    const worker = 'class WorkerTask:\n    def call(self):\n        return {"n": 1}\n';
    await far.deploy(
      await makeApp({ name: 'slow', worker: 3000, trial: 1 }, { 'worker_task.py': worker }),
    );
    await far.records((r) => r.length >= 1);
    const state = await far.control.askApp({ a: 'set', worker: 0.1 });
    expect(state.every).toMatchObject({ worker: 0.1 });
    await far.records((r) => r.length >= 3);
    await far.restart();
    await far.records((r) => r.length >= 3);
    await expect(far.control.askApp({ a: 'set', worker: 0 })).rejects.toThrow(/0\.05/);
  });

  it('retries a failed task after a growing pause, counts the restarts and reports the error', async () => {
    const main = `import fleet
n = 0
async def main():
    global n
    n += 1
    fleet.send(n)
    if n < 3:
        raise OSError("no sensor %d" % n)
`;
    const app = await makeApp({ name: 'shaky', trial: 300 }, { 'main.py': main });
    await far.deploy(app);
    const records = await far.records((r) => r.length >= 3);
    const [a = 0, b = 0, c = 0] = records.map((r) => r.ms);
    expect(b - a).toBeGreaterThanOrEqual(1000);
    expect(c - b).toBeGreaterThanOrEqual(2000);
    const state = await far.control.askApp({ a: 'info' });
    expect(state).toMatchObject({ app: 'shaky', tasks: { main: 2 }, trial: 300 });
    expect(state.x).toMatch(/main\.py", line 8, in main[^]*OSError: no sensor 2/);
    await far.event('task', '');
  });
});

describe('a new version', () => {
  const files = (version: number) => ({
    'main.py': `import fleet, big\nasync def main():\n    fleet.send(${version})\n`,
    'big.py': `DATA = "${'x'.repeat(2000)}"\n`,
  });

  it('is sent without files that the board has; a version that exists is not sent at all', async () => {
    const one = await makeApp({ name: 'grow', version: '1.0.0', trial: 1 }, files(1));
    await far.deploy(one);
    await far.records((r) => r.some((x) => x.kind === 'data' && x.data === 1));
    await far.event('app', 'confirmed');
    expect(await far.deploy(one)).toEqual({ id: one.id, sent: 0, copied: 0, changed: false });
    const two = await makeApp({ name: 'grow', version: '2.0.0', trial: 300 }, files(2));
    expect(await far.deploy(two)).toMatchObject({ sent: 2, copied: 1 });
    await far.records((r) => r.some((x) => x.kind === 'data' && x.data === 2));
    expect(await readBoardApp(far.files)).toMatchObject({
      ...{ run: two.id, onTrial: true },
    });
    const names = (await far.files.list('/fleet/apps/grow')).map((e) => e.name).sort();
    expect(names).toEqual([one.id, two.id].map((id) => id.replace('grow/', '')).sort());
  });

  it('is confirmed after a trial longer than the time that the board may be offline', async () => {
    await far.deploy(await makeApp({ name: 'calm', version: '1.0.0', trial: 3600 }, files(3)));
    await far.records((r) => r.some((x) => x.kind === 'data' && x.data === 3));
    // Each time that the trial reads the clock, five minutes have passed.
    await far.python(`import sys
clock = sys.modules["fleet.trial"].time
class Clock:
    n = 0
    def ticks_ms(self):
        self.n += 300000
        return clock.ticks_add(clock.ticks_ms(), self.n)
    def __getattr__(self, name):
        return getattr(clock, name)
sys.modules["fleet.trial"].time = Clock()`);
    await far.event('app', 'confirmed');
  });
});

describe('a file that runs at set times', () => {
  it('reports why it failed, and runs again', async () => {
    await far.files.write('/bad.py', utf8('raise OSError("no sensor")\n'));
    const plan = [{ id: 'bad', file: '/bad.py', every: 1, missed: 'skip' }] as const;
    await writePlan(far.files, plan, await supervisor());
    await askPlan(far.control, { load: true });
    const repeated = async () => {
      const [{ runs = 0, error = '' } = {}] = await askPlan(far.control);
      return runs > 1 && error.includes('OSError: no sensor');
    };
    expect(await pollUntil(repeated, 20_000)).toBe(true);
  });
});
