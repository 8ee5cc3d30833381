import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import names from '../../../board/agent/names.json';
import { withAgentNames } from '../../../src/core/agent/agentNames';
import { decodeJson } from '../../../src/core/agent/agentProtocol';
import { type LogRecord, parseLogBatch } from '../../../src/core/agent/agentProtocolLog';
import { configMac } from '../../../src/core/agent/agentMacs';
import { startMosquitto } from '../../lab/index.mjs';
import { ADMIN_KEY, type AgentBoard, agentFiles, startAgentBoard } from '../rig/agent/board';
import { Op, TestHost, put } from '../rig/agent/host';

/** Milliseconds for which the broker is away. The test is about that time; it waits for no event. */
const OUTAGE_MS = 2_500;
let broker: Awaited<ReturnType<typeof startMosquitto>>;
let board: AgentBoard;
let host: TestHost;

const MODULE = `
import asyncio, logging
log = logging.getLogger("mod")
async def tick(mqtt, topic):
    n = 0
    while True:
        await mqtt.client.publish(topic, str(n), qos=1)
        n += 1
        if n == 2: raise ValueError("watched")
        await asyncio.sleep_ms(50)
async def init(mqtt, config):
    await mqtt.client.subscribe(config["topic"] + "/in", qos=1)
    log.info("subscribed %s", config["topic"])
def start(mqtt, config):
    mqtt.on_init(init(mqtt, config))
    mqtt.on_msg(lambda topic, msg, retained, qos, dup: log.warning("got %s", msg.decode()))
    mqtt.watch("ticker", lambda: tick(mqtt, config["topic"]))
`;
const APP = `
import time
print("app starts")
with open("/starts", "a") as f: f.write("x")
time.sleep(0.3)
raise RuntimeError("app broke")
`;

/** Its restarts would disturb the test. */
async function stopApp(): Promise<void> {
  let run: unknown;
  do {
    ({ run } = await host.ask(Op.app, { do: 'stop' }));
  } while (run !== 0);
}

beforeAll(async () => {
  broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  board = await startAgentBoard({
    ...{ name: 'life', broker: { host: '127.0.0.1', port: broker.port }, heap: 512 },
    config: {
      modules: { mod: { topic: 'demo/life' }, missing: {} },
      app: '/app.py',
      tm: 1,
      wd: { allok: 3 },
    },
    files: { '/mod.py': MODULE, '/app.py': APP, ...(await agentFiles('b')) },
  });
  host = await TestHost.connect(broker.url, board.uid);
  await host.client.subscribeAsync('demo/#', { qos: 1 });
  await host.hello(ADMIN_KEY);
});
afterAll(async () => {
  await host.client.endAsync(true);
  await board.stop();
  await broker.stop();
});

const records = (): LogRecord[] =>
  host.other
    .filter((m) => m.topic.endsWith('/log'))
    .flatMap((m) => [...parseLogBatch(m.payload).records]);
/** Everything in the board's ring. */
const wholeLog = async () => {
  const all: LogRecord[] = [];
  for (;;) {
    const s = (all.at(-1)?.seq ?? 0) + 1;
    const { records: more } = parseLogBatch(await host.request(Op.logget, { s }));
    if (more.length === 0) return all;
    all.push(...more);
  }
};
const events = () =>
  host.other.filter((m) => m.topic.endsWith('/ev')).map((m) => decodeJson(m.payload));

describe('modules and app', () => {
  it('starts modules as mqboard does; one that fails does not stop the others', async () => {
    await host.until('publications', () => host.other.some((m) => m.topic === 'demo/life'));
    const early = await wholeLog(); // it was logged before we subscribed
    expect(early.map((r) => `${r.logger}: ${r.text}`)).toEqual(
      expect.arrayContaining([
        expect.stringContaining("no module named 'missing'"),
        'mod: subscribed demo/life',
      ]),
    );
    host.client.publish('demo/life/in', 'hi', { qos: 1 });
    await host.until('the message', () =>
      records().some((r) => r.level === 'W' && r.text === 'got hi'),
    );
  });

  it('restarts a watched task after a pause, and counts', async () => {
    await host.until('two restarts', () =>
      events().some((e) => e.ev === 'task' && e.name === 'ticker' && Number(e.n) >= 2),
    );
    const { tasks } = await host.ask(Op.app, { do: 'info' });
    expect((tasks as Record<string, number>).ticker).toBeGreaterThanOrEqual(2);
  });

  it('restarts an app that crashes, keeps its traceback, and stops on request', async () => {
    await host.until('a crash', () =>
      events().some((e) => e.ev === 'crash' && String(e.tb).includes('app broke')),
    );
    // Events are sent at once, log records in batches.
    await host.until('its output', () =>
      records().some((r) => r.level === 'O' && r.text === 'app starts'),
    );
    const crash = (await host.request(Op.logget, { crash: 1 })).toString();
    expect(crash).toContain('File "/app.py", line 6');
    await stopApp(); // one that still ends would leave another traceback
    expect(await host.ask(Op.app, {})).toMatchObject({ p: '/app.py' });
    await host.request(Op.logget, { rm: 1 });
    expect((await host.request(Op.logget, { crash: 1 })).length).toBe(0);
  });
});

describe('logs', () => {
  it('numbers records without gaps and repeats them on request', async () => {
    const before = records().length;
    await host.ask(Op.app, { do: 'info' });
    await put(host, '/log.py', Buffer.from('print("one\\ttab")\nprint("x" * 900)\nprint("last")'));
    await host.ask(Op.app, { do: 'start', p: '/log.py' });
    await host.until('the last line', () => records().some((r) => r.text === 'last'));
    const all = records();
    expect(all.length).toBeGreaterThan(before);
    const first = all[0]?.seq ?? 0;
    expect(all.map((r) => r.seq)).toEqual(all.map((_, i) => first + i));
    const last = all[all.length - 3];
    expect(all.some((r) => r.text === 'one\ttab')).toBe(true);
    const again = parseLogBatch(await host.request(Op.logget, { s: last?.seq }));
    expect(again.records[0]).toEqual(last);
  });

  it('keeps log records while the broker is away', async () => {
    const code = `
import asyncio, sys
log = sys.modules["mpyfleet.a.main"].current.ag.log
async def later():
    await asyncio.sleep_ms(1500)
    for i in range(5): log.info("away", "record %d" % i)
asyncio.create_task(later())`;
    await host.exec(code);
    await broker.stop();
    await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
    broker = await startMosquitto({ port: broker.port, config: ['set_tcp_nodelay true'] });
    await host.ask(Op.statfs, {}); // both are back
    const kept = async () => parseLogBatch(await host.request(Op.logget, { s: 1 })).records;
    const away = async (first: number) =>
      parseLogBatch(await host.request(Op.logget, { s: first })).records.filter(
        (r) => r.logger === 'away',
      );
    const first = (await kept())[0]?.seq ?? 0;
    let found: LogRecord[] = [];
    for (let s = first; found.length < 5 && s < first + 100; s++) {
      found = await away(s);
    }
    expect(found.map((r) => r.text)).toEqual([0, 1, 2, 3, 4].map((n) => `record ${n}`));
  });
});

describe('configuration', () => {
  it('is changed and reported without secrets, and rejects invalid values', async () => {
    const { cfg } = await host.ask(Op.cfg, { set: { name: 'renamed', log: 'W' } });
    expect(cfg).toMatchObject({ name: 'renamed', log: 'W' });
    expect(JSON.stringify(cfg)).not.toContain(ADMIN_KEY.toString('hex'));
    for (const set of [
      { nonsense: 1 },
      { mode: 'maybe' },
      { keys: {} },
      { keys: { admin: 'zz' } },
      { keys: { admin: 'z'.repeat(64) } },
      { keys: { boss: 'a'.repeat(64) } },
      { root: 'a b' },
      { root: 7 },
      { broker: 5 },
      { tags: 'x' },
      { mtu: -1 },
    ]) {
      await expect(host.ask(Op.cfg, { set }), JSON.stringify(set)).rejects.toMatchObject({
        code: 'EINVAL',
      });
    }
  });

  it('accepts only a signed desired configuration, and only once', async () => {
    const topic = `mpy/${board.uid}/cfg`;
    const send = (v: number, set: string, mac = configMac(ADMIN_KEY, board.uid, v, set)) =>
      host.client.publishAsync(topic, JSON.stringify({ v, set, mac }), { qos: 1 });
    const reports = () =>
      host.other.filter((m) => m.topic.endsWith('/cfgr')).map((m) => decodeJson(m.payload));
    await send(1, '{"name":"desired"}');
    await host.until('the report', () => reports().some((r) => r.v === 1 && r.ok === 1));
    await send(2, '{"name":"forged"}', 'ab'.repeat(32));
    await send(3, JSON.stringify({ keys: { viewer: 'ab'.repeat(32) } })); // a key must come sealed
    await host.until('the refusal', () => reports().some((r) => r.v === 3 && r.ok === 0));
    expect(reports().some((r) => r.v === 2)).toBe(false); // anyone may have sent it
    expect((await host.ask(Op.cfg)).cfg).toMatchObject({ name: 'desired' });
  });
});

describe('telemetry', () => {
  it('reports memory, uptime and reconnections', async () => {
    const tm = await host.until('telemetry', () =>
      host.other.filter((m) => m.topic.endsWith('/tm')).at(-1),
    );
    const { up, free, rc } = decodeJson(tm.payload);
    expect(Number(up)).toBeGreaterThan(0);
    expect(Number(free)).toBeGreaterThan(1000);
    expect(Number(rc)).toBeGreaterThanOrEqual(0);
  });
});

describe('updates of the agent', () => {
  it('tries the other copy and confirms it', async () => {
    const { boot } = host.births.at(-1) ?? { boot: '' };
    await host.ask(Op.reset, { m: 'hard', slot: 'b' });
    const birth = await host.birth(boot);
    expect(birth).toMatchObject({ slot: 'b', trial: true });
    await host.until(
      'confirmation',
      () => events().some((e) => e.ev === 'agent' && e.state === 'confirmed'),
      20_000,
    );
    await host.hello(ADMIN_KEY, 'admin', boot);
  });

  it('falls back from a copy that does not load', async () => {
    const { boot } = host.births.at(-1) ?? { boot: '' };
    await host.ask(Op.rm, { p: '/mpyfleet/a/main.mpy' });
    await put(host, '/mpyfleet/a/main.py', Buffer.from('raise ImportError("broken update")'));
    await host.ask(Op.reset, { m: 'hard', slot: 'a' });
    const birth = await host.birth(boot);
    expect(birth).toMatchObject({ slot: 'b', trial: false });
    await host.until('the event', () =>
      events().some((e) => e.ev === 'agent' && e.state === 'fellback'),
    );
    await host.hello(ADMIN_KEY, 'admin', boot);
  });

  it('falls back from a copy that never reaches the broker', async () => {
    const { boot } = host.births.at(-1) ?? { boot: '' };
    await put(
      host,
      '/mpyfleet/a/main.py',
      Buffer.from('def run(d):\n import machine\n machine.reset()'),
    );
    const seen = events().length;
    await host.ask(Op.reset, { m: 'hard', slot: 'a' });
    await host.birth(boot);
    await host.until('the event', () =>
      events()
        .slice(seen)
        .some((e) => e.ev === 'agent' && e.state === 'fellback'),
    );
    await host.hello(ADMIN_KEY, 'admin', boot);
    expect(host.births.at(-1)).toMatchObject({ slot: 'b' });
  });
});

describe('safe mode', () => {
  it('starts after three crashes, without app and modules, and ends on request', async () => {
    let { boot } = host.births.at(-1) ?? { boot: '' };
    for (let i = 0; i < 3; i++) {
      await board.kill();
      await board.restart();
      boot = (await host.birth(boot)).boot;
    }
    const birth = host.births.at(-1);
    expect(birth).toMatchObject({ safe: true, why: '3 starts in a row ended in a crash' });
    await host.hello(ADMIN_KEY);
    await host.ask(Op.reset, { m: 'normal' });
    expect((await host.birth(boot)).safe).toBe(false);
    await host.hello(ADMIN_KEY, 'admin', boot);
  });
});

describe('the watchdog rule, with time simulated', () => {
  beforeAll(stopApp);

  it('feeds for an hour without a broker, and restarts only if configured', async () => {
    const code = `
import sys
P = sys.modules["mpyfleet.b.main"].Policy
p = P({"limit": 300}, 0)
p.connection(False, 0)
print({p.decide(t, False) for t in range(0, 3600000, 500)})
p = P({"limit": 300, "outage": "reboot"}, 0)
p.connection(False, 0)
print(next(t for t in range(0, 3600000, 1000) if p.decide(t, False) == "outage"))
p = P({"limit": 300, "outage": "reboot"}, 0, 3)
p.connection(False, 0)
print({p.decide(t, False) for t in range(0, 3599000, 1000)}, p.decide(3600000, False))`;
    expect((await host.exec(code)).stdout.split('\r\n').slice(0, 3)).toEqual([
      "{'feed'}",
      '300000',
      "{'feed'} outage",
    ]);
  });

  it('switches the radio off and on after five failures in a row on a known network', async () => {
    const code = `
import sys
class Radio:
    def __init__(self): self.did = []; self.on = True
    def isconnected(self): return self.on
    def active(self, on): self.did.append("up" if on else "down")
    def connect(self, name, key): self.did.append(name); self.on = True
    def disconnect(self): self.on = False
radio = Radio()
class network:
    STA_IF = 0
    WLAN = lambda _: radio
sys.modules["network"] = network
from mpyfleet.b import wifi
class C:
    cfg = {}; wifi = [{"ssid": "home", "key": "x"}]; ${names.wifi_at} = 0
for C.fails in range(12):
    for _ in wifi.up(C): pass
    print(C.fails, radio.did)
    radio.did = []
del sys.modules["network"], sys.modules["mpyfleet.b.wifi"]`;
    const ran = await host.exec(code);
    const lines = ran.stdout.trim().split('\r\n');
    const acted = lines.filter((line) => !line.endsWith('[]'));
    expect(lines).toHaveLength(12);
    expect(acted).toEqual([5, 10].map((n) => `${n} ['down', 'up', 'home']`));
  });

  it('counts as stuck only if round trips worked earlier, and not while code runs', async () => {
    const code = `
import sys
P = sys.modules["mpyfleet.b.main"].Policy
def run(busy, echo_until, allok=60):
    p = P({"limit": 300, "allok": allok}, 0)
    p.connection(True, 0)
    seen = {}
    for t in range(0, 1200000, 1000):
        d = p.decide(t, busy)
        seen.setdefault(d, t)
        if d == "ask" and t < echo_until: p.tripped(t)
    return sorted((d, t) for d, t in seen.items() if d not in ("feed", "ask"))
print(run(False, 0))
print(run(False, 600000))
print(run(True, 600000))
print(run(False, 2000000))`;
    const { stdout } = await host.exec(code);
    const [never, ended, busy, always] = stdout.split('\r\n');
    expect(never).toBe('[]');
    expect(ended).toMatch(/^\[\('confirm', 60000\), \('stuck', (8[7-9]|90)\d{4}\)\]$/);
    expect(busy).toBe("[('confirm', 60000)]");
    expect(always).toBe("[('confirm', 60000)]");
  });
});

describe('the hardware watchdog', () => {
  it('ends only code that blocks everything, with time simulated', async () => {
    const code = `
import sys
m = sys.modules["mpyfleet.b.main"]
class Clock:
    def ms(self): return now
class Dog:
    fed = 0
    def feed(self): self.fed = now
class Client:
    state = 2
    def send(self, *a): pass
class Agent:
    clock = Clock(); client = Client(); ${names.jobs} = []
    def state(self): return "app"
def ends(timer, blocked):
    global now
    now = 0
    g = m.${names.Guard}()
    g.ag, g.policy, g.wdt, g.topic, g.${names.events} = Agent(), m.Policy({}, 0), Dog(), b"", []
    g.policy.connection(True, 0)
    for now in range(0, 3600000, 500):
        if timer or not 600000 <= now < 600000 + blocked: g.${names.tick}()
        if now - g.wdt.fed > 30000: return now // 1000
print(ends(False, 20000), ends(False, 3000000), ends(True, 3000000))`;
    expect((await host.exec(code)).stdout.trim()).toBe('None 630 None');
  });

  it('is reported as the cause at the next start', async () => {
    const { boot } = host.births.at(-1) ?? { boot: '' };
    const hal = `class Dog:
    def feed(self): pass
def wdt(ms): return Dog()
def reset_cause(): return "watchdog"
`;
    await host.request(Op.logget, { rm: 1 });
    await put(host, '/mpyfleet_hal.py', Buffer.from(hal));
    await host.ask(Op.cfg, { set: { wd: { allok: 3, hw: 30 } } });
    await board.kill(); // does the work of the chip's watchdog, which this board lacks
    await board.restart();
    const birth = await host.birth(boot);
    expect(birth.reset).toBe('watchdog');
    expect([...birth.caps]).toContain('wdt');
    await host.hello(ADMIN_KEY, 'admin', boot);
    const crash = (await host.request(Op.logget, { crash: 1 })).toString();
    expect(crash).toContain('let nothing else run for 30 s, and the hardware watchdog ended it');
    await host.ask(Op.rm, { p: '/mpyfleet_hal.py' });
    await host.ask(Op.cfg, { set: { wd: { allok: 3 } } });
    await host.ask(Op.reset, { m: 'hard' });
    await host.birth(birth.boot);
    await host.hello(ADMIN_KEY, 'admin', birth.boot);
    await stopApp();
  });
});

describe('the log level', () => {
  it('logs more for a while, and returns to the earlier level automatically', async () => {
    const level = async () =>
      (
        await host.exec('from mpyfleet.b.main import current\nprint(current.ag.log.level[""])')
      ).stdout.trim();
    const before = await level();
    await host.ask(Op.cfg, { lv: 'D', for: 5, k: [] });
    expect(await level()).toBe('D');
    await expect.poll(level, { timeout: 30_000, interval: 300 }).toBe(before);
    await expect(host.ask(Op.cfg, { lv: 'X', for: 1 })).rejects.toThrow(/EINVAL|level/);
  });
});

it('keeps the traceback of its own crash, with the names of its source', async () => {
  const { boot } = host.births.at(-1) ?? { boot: '' };
  await host.request(Op.logget, { rm: 1 });
  await host.exec('import sys\nsys.modules["mpyfleet.b.main"].current.client.step = lambda: 1 / 0');
  await host.birth(boot);
  await host.hello(ADMIN_KEY, 'admin', boot);
  const crash = (await host.request(Op.logget, { crash: 1 })).toString();
  expect(crash).toMatch(/^=== agent /);
  expect(crash).not.toContain('in tick');
  const frames = [...withAgentNames(crash).matchAll(/File "([^"]+)", line \d+, in (\S+)/g)];
  expect(frames.map((m) => `${m[1]} ${m[2]}`).slice(-3)).toEqual([
    ...['main run', 'main tick', '<fleet> <lambda>'],
  ]);
});
