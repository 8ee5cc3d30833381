import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RawRepl, startMosquitto, startMpboard } from '../../lab/index.mjs';
import { ADMIN_KEY, agentFiles, startAgentBoard } from '../rig/agent/board';
import { Op, TestHost, get, put } from '../rig/agent/host';

/**
 * Bytes of heap that the agent may take on a 32-bit board, connected and idle: 24,500 reached, and 2 %. A step of 2,200 means
 * more than 300 names that the firmware does not have, agent and this test together (board/agent/README.md, "Memory").
 */
const LIMIT = 25_000;
/** The same for the agent that is frozen into the firmware. */
const FROZEN_LIMIT = 13_000;

const CONFIG = {
  name: 'heap',
  broker: { host: 'broker', port: 1883 },
  mode: 'signed',
  keys: { admin: ADMIN_KEY.toString('hex') },
  mtu: 1024,
  tm: 60,
  wd: { allok: 4 },
};

/**
 * Makes the board's start lines start the agent, together with a task that measures. The board has
 * no network, so the broker is in memory; its records are not counted. asyncio, and everything
 * built into the firmware, is loaded before.
 */
const MEASURE = `
import sys; sys.path.append('/')
import gc, socket, time, asyncio, json, io, os, hashlib, struct, select, random, binascii
gc.collect(); before = gc.mem_alloc(); t = time.ticks_ms()
import mpyfleet
import mpyfleet.a.main as m
gc.collect()
print('import_ms', time.ticks_diff(time.ticks_ms(), t)); print('imported', gc.mem_alloc() - before)
async def measure(main):
    while main.client.state != 2: await asyncio.sleep_ms(10)
    await asyncio.sleep(18)  # the start is confirmed after 4 s; 10 s later what it took is unloaded
    socket.log.clear(); gc.collect(); n = gc.mem_alloc()
    await asyncio.sleep_ms(500); g = gc.mem_alloc() - n
    left = [k for k in sys.modules if k.startswith('mpyfleet.a.') and k[11:] != 'main']
    print('connected', n - before); print('garbage_per_s', 2 * g); print('left', left)
    print('trips', main.ag.guard.policy.trips, 'packets', len(socket.log))
    raise KeyboardInterrupt
def run(self, begin=m.Main.run):
    asyncio.create_task(measure(self))
    return begin(self)
m.Main.run = run
try: mpyfleet.start()
except KeyboardInterrupt: print('again', hasattr(mpyfleet, 'begin'))
`;

/** The same with the agent in the firmware. */
const MEASURE_FROZEN = MEASURE.replace(
  'import mpyfleet.a.main as m',
  `import mpyfleet_f; mpyfleet_f.__name__ = 'mpyfleet.f'; sys.modules['mpyfleet.f'] = mpyfleet_f
__import__('mpyfleet.f.main'); m = sys.modules['mpyfleet.f.main']`,
).replaceAll('mpyfleet.a.', 'mpyfleet.f.');

/**
 * Returns the measurements that a 32-bit board prints, with the agent on its flash or frozen into
 * its firmware.
 */
async function measured(frozen: boolean): Promise<string> {
  const board = await startMpboard({ frozen });
  const repl = new RawRepl(board.tty);
  try {
    await repl.enter();
    const broker = join(import.meta.dirname, '../rig/agent/memoryBroker.py');
    const files = await agentFiles();
    const shim = '/mpyfleet/__init__.py';
    await repl.writeFiles({
      ...(frozen ? { [shim]: files[shim] ?? '' } : files),
      '/mpyfleet/config.json': JSON.stringify(CONFIG),
      '/socket.py': readFileSync(broker),
    });
    const text = (await repl.exec(frozen ? MEASURE_FROZEN : MEASURE)).toString();
    console.log(text);
    return text;
  } finally {
    repl.close();
    await board.stop();
  }
}

it('takes no more heap than it did on a 32-bit board, loaded or frozen, and prints how much', async () => {
  const [loaded, frozen] = await Promise.all([measured(false), measured(true)]);
  const figure = (text: string, name: string) =>
    Number(new RegExp(`${name} (\\d+)`).exec(text)?.[1]);
  for (const [text, limit] of [
    [loaded, LIMIT],
    [frozen, FROZEN_LIMIT],
  ] as const) {
    expect(figure(text, 'trips')).toBeGreaterThan(0);
    expect(text).toContain('left []');
    expect(text).toContain('again True');
    expect(figure(text, 'connected')).toBeLessThan(limit);
  }
});

/** Prints the loaded modules that may be unloaded. Logs them after 12 s of silence. */
const WATCH = `
import asyncio, sys
names = lambda: ",".join(sorted(k[11:] for k in sys.modules if k.startswith("mpyfleet.a.")))
async def later():
    await asyncio.sleep(12)
    print("then", names())
asyncio.create_task(later())
print(names())`;

it('answers after its modules have been unloaded and loaded again', async () => {
  const broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  const board = await startAgentBoard({
    name: 'lazy',
    broker: { host: '127.0.0.1', port: broker.port },
  });
  const host = await TestHost.connect(broker.url, board.uid);
  try {
    await host.hello(ADMIN_KEY);
    const content = Buffer.alloc(9000, 'unload ');
    for (let round = 0; round < 2; round++) {
      await put(host, `/again${round}.txt`, content);
      expect(await get(host, `/again${round}.txt`)).toEqual(content);
      expect(await host.ask(Op.stat, { p: `/again${round}.txt` })).toMatchObject({ n: 9000 });
      const { stdout } = await host.exec(WATCH);
      expect(stdout).toContain('dispatch');
      const seen = board.printed().length;
      await host.until('silence', () => board.printed().slice(seen).includes('then '), 30_000);
      const then = /then (\S+)/.exec(board.printed().slice(seen))?.[1];
      expect(then).toBe('main');
    }
  } finally {
    await host.client.endAsync(true);
    await board.stop();
    await broker.stop();
  }
}, 60_000);
