import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMosquitto, tempDir } from '../../lab/index.mjs';
import { ADMIN_KEY, startAgentBoard, type AgentBoard } from '../rig/agent/board';
import { BuiltCli } from '../rig/cliRig';
import { wire } from '../rig/wire';

/** The Wi-Fi of the lab's boards is up from the start; here a network has to be joined, once one is configured. */
const NO_WIFI =
  'import network\nnetwork.WLAN().connect("nowhere")\nimport mpyfleet\nmpyfleet.start()\n';
/** A program that never lets anything else run. */
const MAIN = 'import mpyfleet\nmpyfleet.start()\nimport time\nwhile True: time.sleep(1)\n';
const SECRET = 'open-sesame-42';

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
/** By its unique id, whatever its name is now. */
const at = (i: number) => `mqtt://office/${boards[i]?.uid ?? ''}`;
const config = async (name: string) => {
  const { out } = await run(['-b', name, '--json', 'config', 'get']);
  return (JSON.parse(out) as { value: Record<string, unknown> }[])[0]?.value;
};

beforeAll(async () => {
  dir = tempDir('config');
  [cli, broker, other] = await Promise.all([BuiltCli.build(), startMosquitto(), startMosquitto()]);
  const start = (name: string, more: Partial<Parameters<typeof startAgentBoard>[0]>) =>
    startAgentBoard({
      name,
      broker: { host: '127.0.0.1', port: broker.port, backoff: [1, 1] },
      ...more,
    });
  boards = await Promise.all([
    start('left', { config: { tags: ['pair'], app: '/main.py' }, main: MAIN }),
    start('right', { config: { tags: ['pair'] }, main: NO_WIFI }),
  ]);
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
    // The board tells its new name by itself, without a restart.
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

  it('refuses what a board could not start with, and says why', async () => {
    for (const [setting, why] of [
      ['telemetry=-5', /telemetry must be a whole number/],
      ['wifi=[{ssid: home, password: plain}]', /\{secret:office-wifi\}/],
      ['colour=red', /Unknown setting "colour"/],
    ] as const) {
      const { status, err } = await run(['-b', at(0), 'config', 'set', setting]);
      expect([status, err], setting).toEqual([64, expect.stringMatching(why)]);
    }
  });

  it('is taken back by the board when it leads to no broker, though its program blocks', async () => {
    const wrong = 'broker={host: 127.0.0.1, port: 1}';
    const { status, out, err } = await run(['-b', at(0), 'config', 'set', '--trial', '5', wrong]);
    expect(out + err).toMatch(
      /could not connect with the new broker and has its old settings again/,
    );
    expect(status).toBe(2);
    expect(await config(at(0))).toMatchObject({ broker: { port: broker.port } });
  });

  it('is taken back when the Wi-Fi password is wrong, and kept when it is right', async () => {
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

  it('is taken back after two starts that the new settings did not survive', async () => {
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

  it('waits at the broker for a board that is away, without what could cut it off', async () => {
    const [left] = boards;
    await left?.kill();
    const set = ['-b', at(0), 'config', 'set'];
    await expect.poll(async () => (await run([...set, 'telemetry=45'])).out).toMatch(/is away/);
    const wifi = await run([...set, 'wifi=[{ssid: x}]']);
    expect([wifi.status, wifi.err]).toEqual([
      64,
      expect.stringMatching(/only be set while it is there/),
    ]);
    await left?.restart();
    await expect.poll(() => config(at(0)), { timeout: 20_000 }).toMatchObject({ telemetry: 45 });
  });

  it('sends no password in clear, gives none back, and sees when one differs', async () => {
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

  it('has the board find the computer by its name when its address changes', async () => {
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

  it('has the board go to its second broker when the first is away', async () => {
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
