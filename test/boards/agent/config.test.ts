import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMosquitto, tempDir } from '../../lab/index.mjs';
import { ADMIN_KEY, type AgentBoard } from '../rig/agent/board';
import { BuiltCli } from '../rig/cliRig';
import { startAnnounced } from '../rig/mqttRig';
import { wire } from '../rig/wire';

/**
 * The Wi-Fi of the lab's boards is up from the start. Here, a configured network has to be joined.
 */
const NO_WIFI =
  'import network\nnetwork.WLAN().connect("nowhere")\nimport mpyfleet\nmpyfleet.start()\n';
/** A program that never lets anything else run. */
const MAIN = 'import mpyfleet\nmpyfleet.start()\nimport time\nwhile True: time.sleep(1)\n';
const SECRET = 'open-sesame-42';
const HOSTNET = readFileSync(join(import.meta.dirname, '../../../board/networks/hostnet.py'));
/** Pins that record their values, and a battery pin at half of the reference voltage. */
const HAL = `seen = {}
class Pin:
    OUT = 1
    def __init__(self, pin, mode, value):
        self.pin = pin
        self.value(value)
    def value(self, v):
        seen.setdefault(self.pin, set()).add(v)
class ADC:
    def __init__(self, pin):
        assert pin == 34
    def read_u16(self):
        return 32768
`;
/** The part of an ESP32's module that stores numbers. */
const ESP32 = `kept = []
class NVS:
    def __init__(self, space):
        self.space = space
    def set_i32(self, name, n):
        kept.append((self.space, name, n))
    def erase_key(self, name):
        kept.append((self.space, name))
    def commit(self):
        kept.append("commit")
`;

let cli: BuiltCli;
let broker: Awaited<ReturnType<typeof startMosquitto>>;
let other: Awaited<ReturnType<typeof startMosquitto>>;
let boards: AgentBoard[];
let dir: string;
const ends: (() => void)[] = [];
const run = (args: string[], env: Record<string, string> = {}) =>
  cli.run(args, {
    cwd: dir,
    env: { MPYFLEET_CONFIG: 'fleet.json', MPYFLEET_KEYS: 'keys.json', ...env },
  });
/** By its unique id, because its name changes. */
const at = (i: number) => `mqtt://office/${boards[i]?.uid ?? ''}`;
const config = async (name: string) => {
  const { out } = await run(['-b', name, '--json', 'config', 'get']);
  return (JSON.parse(out) as { value: Record<string, unknown> }[])[0]?.value;
};

beforeAll(async () => {
  dir = tempDir('config');
  [cli, broker, other] = await Promise.all([BuiltCli.build(), startMosquitto(), startMosquitto()]);
  const left = { name: 'left', config: { tags: ['pair'], app: '/main.py' }, main: MAIN };
  const right = {
    ...{ name: 'right', config: { tags: ['pair'] }, main: NO_WIFI },
    files: { '/mpyfleet_hal.py': HAL, '/esp32.py': ESP32, '/hostnet.py': HOSTNET },
  };
  boards = await startAnnounced(broker, [left, right], { backoff: [1, 1] });
  writeFileSync(
    join(dir, 'fleet.json'),
    JSON.stringify({ brokers: { office: broker.url, second: other.url } }),
  );
  writeFileSync(join(dir, 'keys.json'), JSON.stringify({ '*': ADMIN_KEY.toString('hex') }), {
    mode: 0o600,
  });
});
afterAll(async () => {
  for (const end of ends) end();
  await Promise.all(boards.map((b) => b.stop()));
  await Promise.all([broker.stop(), other.stop()]);
});

describe('the configuration of boards from afar', () => {
  it('is read, compared and changed on many boards, each with its own values', async () => {
    writeFileSync(
      join(dir, 'pair.yaml'),
      'name: "{name}-{n}"\nlocation: hall\ntelemetry: 30\ntimezone: "+02:00"\nlog: warning\nntp: false\n',
    );
    const file = ['-b', 'tag:pair', 'config', 'diff', '--file', 'pair.yaml'];
    const before = await run(file);
    expect([before.status, before.out]).toEqual([
      1,
      expect.stringContaining('telemetry: null -> 30'),
    ]);
    expect(
      (await run(['-b', 'tag:pair', 'config', 'set', '-n', '--file', 'pair.yaml'])).status,
    ).toBe(0);
    expect(await config(at(0))).toMatchObject({ name: 'left', program: '/main.py' });
    expect(await run(['-b', 'tag:pair', 'config', 'set', '--file', 'pair.yaml'])).toMatchObject({
      status: 0,
    });
    // The board reports its new name without a restart.
    await expect
      .poll(async () => (await run(['list', '--json'])).out, { timeout: 20_000 })
      .toContain('"right-2"');
    const named = await config('right-2');
    expect(named).toMatchObject({
      location: 'hall',
      telemetry: 30,
      timezone: '+02:00',
      ntp: false,
    });
    const again = [
      '-b',
      'right-2',
      'config',
      'diff',
      'location=hall',
      'telemetry=30',
      'log=warning',
    ];
    expect(await run(again)).toMatchObject({ status: 0, out: 'as it should be\n' });
  });

  it('sets LEDs, battery, single loggers, restarts after a run, and heap numbers', async () => {
    const right = ['-b', at(1)];
    const exec = async (code: string) => (await run([...right, 'exec', code])).out.trim();
    const pins = 'pins={activity: 2, failure: LED, battery: 34, scale: 2000}';
    const levels = 'loggers={noisy: error, agent: debug}';
    const set = [...right, 'config', 'set', 'telemetry=1', 'afterRun=restart', levels, pins];
    expect(await run(set)).toMatchObject({ status: 0 });
    const now = await config(at(1));
    expect(now).toMatchObject({
      afterRun: 'restart',
      loggers: { noisy: 'error', agent: 'debug' },
      pins: { activity: 2, failure: 'LED', battery: 34, scale: 2000 },
    });
    expect((await run([...set.slice(0, 3), 'diff', ...set.slice(4)])).out).toBe(
      'as it should be\n',
    );

    await expect
      .poll(() => exec('import mpyfleet_hal as h; print(h.seen[2] == {0, 1}, h.seen["LED"])'))
      .toBe('True {0}');
    const main = 'import mpyfleet.a.main as m, mpyfleet_hal as h';
    await exec(`${main}; m.current.ag.run.app["x"] = "ValueError()"`);
    await expect.poll(() => exec(`${main}; print(h.seen["LED"])`)).toBe('{0, 1}');
    const uid = boards[1]?.uid ?? '';
    const ear = await connectAsync(broker.url);
    const heard: [topic: string, text: string][] = [];
    ear.on('message', (topic, payload) => heard.push([topic, payload.toString()]));
    await ear.subscribeAsync(`mpy/${uid}/+`);
    const said = (leaf: string) =>
      heard.filter(([topic]) => topic.endsWith(leaf)).map(([, t]) => t);
    await expect.poll(() => said('/tm').at(-1)).toContain('"mv": 3300');
    expect(said('/st').at(-1)).toContain('"tz": 120');

    const log = 'import mpyfleet.a.main as m; g = m.current.ag.log';
    const tries = '[g.log(*r) for r in (("W","noisy","no"),("E","noisy","a"),("W","x","b"))]';
    const kept = 'print([r[4] for r in g.ring if r[3] in ("noisy", "x")])';
    expect(await exec(`${log}; ${tries}; ${kept}`)).toBe("['a', 'b']");
    const lines = await run([...right, '--timeout', '3', 'log', '--level', 'debug']);
    expect(lines.out).toMatch(/^\d\d:\d\d:\d\d\.\d{3} \+02:00 \S+ error noisy: a$/m);

    const boot = () => /"boot": "(\w+)"/.exec(said('/st').at(-1) ?? '')?.[1];
    const before = boot();
    writeFileSync(join(dir, 'hello.py'), 'print("hello")\n');
    expect(await exec('print(1)')).toBe('1'); // no program: the board stays as it is
    expect(boot()).toBe(before);
    expect(await run([...right, 'run', 'hello.py'])).toMatchObject({ status: 0, out: 'hello\n' });
    await expect.poll(boot, { timeout: 20_000 }).not.toBe(before);
    await ear.endAsync(true);

    expect(await run([...right, 'config', 'set', 'heap={idf_heap_min: 60000}'])).toMatchObject({
      status: 0,
    });
    expect(await config(at(1))).toMatchObject({ heap: { idf_heap_min: 60_000 } });
    const refused = await run(['-b', at(0), 'config', 'set', 'heap={idf_heap_min: 60000}']);
    expect([refused.status, refused.out + refused.err]).toEqual([
      2,
      expect.stringContaining('only an ESP32 has such numbers'),
    ]);
    const off = ['pins=null', 'afterRun=null', 'telemetry=30', 'heap=null'];
    expect(await run([...right, 'config', 'set', ...off])).toMatchObject({ status: 0 });
  }, 90_000);

  it('refuses settings with which a board could not start, and says why', async () => {
    for (const [setting, why] of [
      ['telemetry=-5', /telemetry must be a whole number/],
      ['wifi=[{ssid: home, password: plain}]', /\{secret:office-wifi\}/],
      ['colour=red', /Unknown setting "colour"/],
      ['pins={activity: 300}', /pins\.activity/],
      ['loggers={mqtt: loud}', /loggers\.mqtt/],
    ] as const) {
      const { status, err } = await run(['-b', at(0), 'config', 'set', setting]);
      expect([status, err], setting).toEqual([64, expect.stringMatching(why)]);
    }
  });

  it('is rolled back by the board if it reaches no broker, even if its program blocks', async () => {
    const wrong = 'broker={host: 127.0.0.1, port: 1}';
    const { status, out, err } = await run(['-b', at(0), 'config', 'set', '--trial', '5', wrong]);
    expect(out + err).toMatch(
      /could not connect with the new broker and restored its old settings/,
    );
    expect(status).toBe(2);
    expect(await config(at(0))).toMatchObject({ broker: { port: broker.port } });
  });

  it('is rolled back if the Wi-Fi password is wrong, and kept if it is right', async () => {
    writeFileSync(
      join(dir, 'wifi.yaml'),
      'wifi:\n  - {ssid: lab, password: "{secret:home-wifi}"}\n',
    );
    const args = ['-b', at(1), 'config', 'set', '--trial', '5', '--file', 'wifi.yaml'];
    const wrong = await run(args, { MPYFLEET_SECRET_HOME_WIFI: 'wrong-one' });
    expect(wrong.out + wrong.err).toMatch(/neither Wi-Fi nor broker has answered in time/);
    expect(await config(at(1))).not.toHaveProperty('wifi');
    const right = await run(args, { MPYFLEET_SECRET_HOME_WIFI: 'lab-password' });
    expect([right.status, right.out]).toEqual([0, expect.stringContaining('done')]);
    expect(await config(at(1))).toMatchObject({ wifi: [{ ssid: 'lab' }] });
    const unset = await run(args);
    expect([unset.status, unset.err]).toEqual([
      64,
      expect.stringContaining('MPYFLEET_SECRET_HOME_WIFI'),
    ]);
  });

  it('connects over another network than Wi-Fi, and goes back if that fails', async () => {
    const right = ['-b', at(1)];
    const set = [...right, 'config', 'set', '--trial', '5'];
    const net = (port: number) => `network={hostnet: {gateway: [127.0.0.1, ${port}]}}`;
    const { status, out, err } = await run([...set, net(broker.port)]);
    expect([status, out + err]).toEqual([0, expect.stringContaining('done')]);
    const count = await run([...right, 'exec', 'import hostnet; print(hostnet.connected > 0)']);
    expect(count.out.trim()).toBe('True');
    const wrong = await run([...set, net(1)]);
    expect(wrong.out + wrong.err).toMatch(/restored its old settings/);
    expect(await config(at(1))).toMatchObject({
      network: { hostnet: { gateway: ['127.0.0.1', broker.port] } },
    });
    expect(await run([...set, 'network=null'])).toMatchObject({ status: 0 });
  }, 90_000);

  it('is rolled back after two failed starts with the new settings', async () => {
    const [left] = boards;
    const wrong = 'broker={host: 127.0.0.1, port: 1}';
    const set = run(['-b', at(0), 'config', 'set', '--trial', '600', wrong]);
    const starts = () => (left?.printed().match(/no broker:/g) ?? []).length;
    for (let n = 0; n < 2; n++) {
      const before = starts();
      await expect.poll(starts, { timeout: 30_000 }).toBeGreaterThan(before);
      await left?.restart();
    }
    expect(await set).toMatchObject({ status: 2 });
    expect(await config(at(0))).toMatchObject({ broker: { port: broker.port } });
  });

  it('waits at the broker for a board that is away, without settings that could cut it off', async () => {
    const [left] = boards;
    await left?.kill();
    const set = ['-b', at(0), 'config', 'set'];
    await expect.poll(async () => (await run([...set, 'telemetry=45'])).out).toMatch(/is away/);
    const wifi = await run([...set, 'wifi=[{ssid: x}]']);
    expect([wifi.status, wifi.err]).toEqual([
      64,
      expect.stringMatching(/can be set only while it is connected/),
    ]);
    await left?.restart();
    await expect.poll(() => config(at(0)), { timeout: 20_000 }).toMatchObject({ telemetry: 45 });
  });

  it('sends no password in clear, returns none, and detects a different one', async () => {
    const ear = await connectAsync(broker.url);
    const heard: Buffer[] = [];
    ear.on('message', (_topic, payload) => heard.push(payload));
    await ear.subscribeAsync('#');
    const parts = `host: 127.0.0.1, port: ${broker.port}, user: me, password: "{secret:login}"`;
    const args = ['-b', at(1), 'config', 'set', `broker={${parts}}`];
    const set = await run(args, { MPYFLEET_SECRET_LOGIN: SECRET });
    expect([set.status, set.out]).toEqual([0, 'broker: another password\ndone\n']);
    expect(await run(args, { MPYFLEET_SECRET_LOGIN: SECRET })).toMatchObject({
      out: 'as it should be\n',
    });
    args[3] = 'diff';
    const another = await run(args, { MPYFLEET_SECRET_LOGIN: 'another' });
    expect(another).toMatchObject({ status: 1, out: 'broker: another password\n' });
    expect(heard.length).toBeGreaterThan(10);
    expect(heard.some((m) => m.includes(SECRET))).toBe(false);
    expect(String((await boards[1]?.files())?.['/mpyfleet/config.json'])).toContain(SECRET);
    await ear.endAsync(true);
  });

  it('lets the board find the computer by its name after its address has changed', async () => {
    const before = await wire(broker.port, { host: '127.0.0.5' });
    const second = `second: {host: localhost, port: ${before.port}}`;
    const both = `broker={host: 127.0.0.5, port: ${before.port}, ${second}}`;
    const { status, out } = await run(['-b', at(1), 'config', 'set', both]);
    expect([status, out]).toEqual([0, expect.stringMatching(/done\n$/)]);
    const ear = await connectAsync(broker.url);
    const states: boolean[] = [];
    ear.on('message', (_, payload) => states.push(/"on": ?1/.test(payload.toString())));
    await ear.subscribeAsync(`mpy/${boards[1]?.uid ?? ''}/st`);
    await expect.poll(() => states.at(-1)).toBe(true);
    before.stop();
    before.cut();
    await expect.poll(() => states.at(-1), { timeout: 20_000 }).toBe(false);
    const after = await wire(broker.port, { port: before.port });
    await expect.poll(() => states.at(-1), { timeout: 60_000 }).toBe(true);
    await ear.endAsync(true);
    ends.push(after.stop, after.cut); // the next test reaches the board through it
  });

  it('lets the board use its second broker while the first is away', async () => {
    const second = `second: {host: 127.0.0.1, port: ${other.port}}`;
    const both = `broker={host: 127.0.0.1, port: ${broker.port}, ${second}}`;
    const { status, out } = await run(['-b', at(1), 'config', 'set', both]);
    expect([status, out]).toEqual([0, expect.stringMatching(/done\n$/)]);
    const uid = boards[1]?.uid ?? '';
    await broker.stop();
    const ear = await connectAsync(other.url);
    const birth = new Promise((resolve) => ear.once('message', (topic) => resolve(topic)));
    await ear.subscribeAsync(`mpy/${uid}/st`);
    expect(await birth).toBe(`mpy/${uid}/st`);
    await ear.endAsync(true);
  });
});
