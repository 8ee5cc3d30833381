import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMosquitto } from '../../lab/index.mjs';
import { ADMIN_KEY, type AgentBoard, startAgentBoard } from '../rig/agent/board';
import { AgentRefusal, Op, TestHost, get, put } from '../rig/agent/host';

let broker: Awaited<ReturnType<typeof startMosquitto>>;
let board: AgentBoard;
let host: TestHost;

beforeAll(async () => {
  broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  board = await startAgentBoard({
    ...{ name: 'limits', broker: { host: '127.0.0.1', port: broker.port, backoff: [1, 1] } },
    config: { wd: { limit: 4, allok: 1 }, modules: { beat: {} } },
    files: { '/beat.py': BEAT },
  });
  host = await TestHost.connect(broker.url, board.uid);
  await host.hello(ADMIN_KEY);
});
afterAll(async () => {
  await host.client.endAsync(true);
  await board.stop();
  await broker.stop();
});

/**
 * A program of the board's own. While the broker is away, an hour passes for the agent: one minute
 * every 20 ms.
 */
const BEAT = `
import asyncio
beats = 0
away = 0
async def work(mqtt):
    global beats, away
    while True:
        beats += 1
        if away and mqtt.client.state != 2 and away <= 60:
            mqtt.ag.clock.sum += 60000
            away += 1
            if away == 61: print("an hour has passed")
        await asyncio.sleep_ms(20)
def start(mqtt, config):
    mqtt.watch("beat", lambda: work(mqtt))
`;

/** Sizes around the blocks of a flash and above 100 kB. */
const SIZES = [1, 2, 3, 4].flatMap((k) => [4096 * k - 1, 4096 * k, 4096 * k + 1]);

describe('sizes', () => {
  it('files are whole around the borders of blocks', async () => {
    for (const n of [...SIZES, 130_001]) {
      const content = randomBytes(n);
      await put(host, '/size', content);
      expect((await get(host, '/size')).equals(content), `${n} bytes`).toBe(true);
    }
    await host.ask(Op.rm, { p: '/size' });
  });

  it('a flash that fills up during an upload ends it, and the old file stays', async () => {
    await put(host, '/old', Buffer.from('old content'));
    const { f } = await host.ask(Op.statfs, { p: '/' });
    const content = randomBytes(Math.floor(Number(f) * 0.6));
    const pause = new Error('the computer pauses');
    const begun = put(host, '/old', content, {
      onData: (offset) => {
        if (offset > 20_000) throw pause;
      },
    });
    await expect(begun).rejects.toBe(pause);
    const fill = `import os
def free():
    v = os.statvfs("/")
    return v[0] * v[3]
with open("/filler", "wb") as f:
    while free() > 65536: f.write(bytes(16384))
print(free() <= 65536)`;
    expect((await host.exec(fill)).stdout).toBe('True\r\n');
    await expect(put(host, '/old', content)).rejects.toMatchObject({ code: 'ENOSPC' });
    await host.ask(Op.rm, { p: '/filler' });
    expect((await get(host, '/old')).toString()).toBe('old content');
    expect(JSON.stringify(await host.ask(Op.list, { p: '/' }))).not.toContain('~');
  });
});

describe('time', () => {
  it('code that runs longer than the watchdog allows is not a crash', async () => {
    const { boot } = await host.birth();
    const { stdout } = await host.exec('import time\ntime.sleep(7)\nprint("done")');
    expect(stdout).toBe('done\r\n');
    const busy = 't = time.ticks_ms()\nwhile time.ticks_diff(time.ticks_ms(), t) < 6000: pass';
    expect((await host.exec(busy)).result).toMatchObject({ ok: 1 });
    await host.ask(Op.statfs, { p: '/' });
    expect(host.births.at(-1)?.boot).toBe(boot);
  });

  it('an hour without a broker: the program continues, no restart, no safe mode', async () => {
    const { boot } = await host.birth();
    await host.exec('import beat\nbeat.away = 1\nbefore = beat.beats');
    await broker.stop();
    await host.until('an hour', () => board.printed().includes('an hour has passed'), 60_000);
    broker = await startMosquitto({ port: broker.port, config: ['set_tcp_nodelay true'] });
    const { stdout } = await host.exec('print(beat.away, beat.beats - before > 60)');
    expect(stdout).toBe('61 True\r\n');
    expect(await host.birth()).toMatchObject({ boot, safe: false });
  });

  it('the clock continues when the counter of milliseconds wraps', async () => {
    const code = `
import sys, time
ticks = time.ticks_add(0, -5000)
clock = sys.modules["mpyfleet.a.main"].Clock(lambda: ticks)
seen = []
for i in range(8):
    ticks = time.ticks_add(ticks, 1000)
    seen.append(clock.ms())
print(seen, ticks)`;
    expect((await host.exec(code)).stdout).toBe(
      '[1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000] 3000\r\n',
    );
  });
});

/** A request of every kind that a board without a second partition answers. */
const REQUESTS = [
  [Op.complete, { t: 'pri' }],
  [Op.put, { p: '/m', n: 3, h: 'a'.repeat(64) }],
  [Op.get, { p: '/beat.py', o: 0, w: 1 }],
  [Op.stat, { p: '/beat.py' }],
  [Op.list, { p: '/', r: 1 }],
  [Op.hash, { p: '/', r: 1 }],
  [Op.mkdir, { p: '/m' }],
  [Op.rm, { p: '/m' }],
  [Op.mv, { p: '/m', to: '/n' }],
  [Op.statfs, { p: '/' }],
  [Op.reset, { m: 'hard' }],
  [Op.time, { t: 1_700_000_000 }],
  [Op.cfg, { set: { name: 'x' } }],
  [Op.logget, { s: 1 }],
  [Op.app, { do: 'start', p: '/beat.py' }],
  [Op.ota, { do: 'info' }],
] as const;

describe('memory', () => {
  it('that runs out inside any handler is reported, and the next request is answered', async () => {
    const { boot } = await host.birth();
    await host.exec(`
import sys
d = sys.modules["mpyfleet.a.dispatch"]
ops = dict(d.OPS)
class No:
    def none(self, *a): raise MemoryError
sys.modules["mpyfleet.a.no"] = No()
for op, (role, kept, mod, fn) in ops.items(): d.OPS[op] = role, kept, "no", "none"
d.OPS[0x10] = ops[0x10]`);
    for (const [op, query] of [...REQUESTS, [Op.ping, {}], [Op.intr, {}]] as const) {
      await expect(host.ask(op, query), `op ${op}`).rejects.toMatchObject({ code: 'ENOMEM' });
    }
    await host.exec('d.OPS.update(ops)');
    await host.ask(Op.statfs, { p: '/' });
    expect(host.births.at(-1)?.boot).toBe(boot);
  });

  it('that the program nearly uses up: each request is answered or refused, and all work afterwards', async () => {
    const { boot } = await host.birth();
    const eat = `
import asyncio, gc
eaten = []
async def give_back():
    await asyncio.sleep(6)
    eaten.clear()
    gc.collect()
asyncio.create_task(give_back())
gc.collect()
for size in (1024, 256):
    while gc.mem_free() > 6000:
        try: eaten.append(bytearray(size))
        except MemoryError: break`;
    await host.exec(eat);
    const outcomes: string[] = [];
    for (const [op, query] of REQUESTS.filter(([o]) => o !== Op.reset && o !== Op.app)) {
      const outcome = await host.ask(op, query).then(
        () => 'ok',
        (e: unknown) => (e instanceof AgentRefusal ? e.code : 'silent'),
      );
      outcomes.push(outcome);
    }
    expect(outcomes).toContain('ENOMEM');
    const free = async () =>
      Number((await host.exec('gc.collect()\nprint(gc.mem_free())')).stdout) || 0;
    await expect.poll(() => free().catch(() => 0), { timeout: 30_000 }).toBeGreaterThan(40_000);
    const content = randomBytes(9_000);
    await put(host, '/after', content);
    expect((await get(host, '/after')).equals(content)).toBe(true);
    expect(host.births.at(-1)?.boot).toBe(boot);
  }, 180_000);
});
