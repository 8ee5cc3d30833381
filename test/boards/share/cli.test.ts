import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyForRole, type BoardKey, type Gone } from '../../../src/core/agent';
import { nextPresence } from '../../../src/core/broker/announced';
import { text, utf8 } from '../../../src/core/bytes';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { mqttAddress } from '../../../src/core/parseAddress';
import { startMosquitto, startUboard, tempDir } from '../../lab/index.mjs';
import { TestHost } from '../rig/agent/host';
import { BuiltCli, type RunningCli } from '../rig/cliRig';
import { failure } from '../rig/conformance';
import { announced, connectHost } from '../rig/mqttRig';

const NAME = 'desk';
const UID = Buffer.from(NAME).toString('hex');
const SIZE = 100_000;

describe('a board that mpyfleet shares through a broker', () => {
  let cli: BuiltCli;
  let mosquitto: Awaited<ReturnType<typeof startMosquitto>>;
  let board: Awaited<ReturnType<typeof startUboard>>;
  let share: RunningCli;
  let dir: string;
  let admin: Buffer;
  const ends: (() => void)[] = [];

  const startShare = () =>
    cli.start(['share', NAME, '--broker', 'office', '--role', 'viewer'], {
      cwd: dir,
      env: { MPYFLEET_CONFIG: 'fleet.json', XDG_CONFIG_HOME: dir },
    });
  /** Another computer with a key of the board. */
  const colleague = async (key: BoardKey = { role: 'admin', key: admin }) => {
    const { brokers, broker } = await connectHost(
      { url: mosquitto.url },
      { boardKey: () => Promise.resolve(key) },
    );
    ends.push(() => brokers.dispose());
    await announced(broker, UID);
    const link = brokers.transport(mqttAddress('b', UID));
    const files = new SessionFiles((work, options) => link.withSession(work, options));
    return { brokers, broker, link, files };
  };
  const gone = (broker: Awaited<ReturnType<typeof colleague>>['broker']) =>
    nextPresence<Gone>(broker, UID, (state) => (state.on ? undefined : state));

  beforeAll(async () => {
    dir = tempDir('share');
    [cli, mosquitto, board] = await Promise.all([
      BuiltCli.build(),
      startMosquitto({ config: ['set_tcp_nodelay true'] }),
      startUboard({ name: NAME, heap: 512, sizeKib: 4096 }),
    ]);
    const known = { brokers: { office: mosquitto.url }, boards: { [NAME]: `serial:${board.tty}` } };
    writeFileSync(join(dir, 'fleet.json'), JSON.stringify(known));
    share = startShare();
    const [, viewer] = await share.until(/The key for viewer: viewer:([0-9a-f]{64})/);
    const kept = JSON.parse(
      readFileSync(join(dir, 'micropython-fleet', 'keys.json'), 'utf8'),
    ) as Record<string, { key: string }>;
    admin = Buffer.from(kept[UID]?.key ?? '', 'hex');
    expect(viewer).toBe(keyForRole(admin, UID, 'viewer').toString('hex'));
  });
  afterAll(async () => {
    for (const end of ends) end();
    await share.stop();
    await board.stop();
    await mosquitto.stop();
  });

  it('runs code that asks for input, and copies files of 100 kB both ways', async () => {
    const { link, files } = await colleague();
    await link.open(AbortSignal.timeout(10_000));
    const said = await link.withSession((session) =>
      session.exec('print("hello " + input("name? "))', {
        onStart: (write) => void write(utf8('ann\r')),
      }),
    );
    expect(text(said)).toMatch(/name\? (ann)?\r\nhello ann\r\n$/);
    const content = randomBytes(SIZE);
    await files.write('/up/data.bin', content);
    expect(Buffer.from(await files.read('/up/data.bin')).equals(content)).toBe(true);
    expect((await files.list('/up')).map((e) => [e.name, e.size])).toEqual([['data.bin', SIZE]]);
    const walked = await files.walk('/up', { hash: true });
    expect(walked.map((e) => e.sha256)).toEqual(await files.hash(['/up/data.bin']));
    await link.close();
  });

  it('lets a viewer only look, and refuses a wrong key', async () => {
    const viewer = await colleague({ role: 'viewer', key: keyForRole(admin, UID, 'viewer') });
    await viewer.link.open(AbortSignal.timeout(10_000));
    expect((await viewer.files.list('/')).length).toBeGreaterThan(0);
    const refusal = { message: "This computer's key for the board does not allow this" };
    expect(await failure(viewer.link.withSession((s) => s.exec('1')))).toMatchObject(refusal);
    expect(await failure(viewer.files.read('/up/data.bin'))).toMatchObject(refusal);
    expect(await failure(viewer.files.write('/x', utf8('x')))).toMatchObject(refusal);
    const other = await colleague({ role: 'admin', key: randomBytes(32) });
    const wrong = await failure(other.link.open(AbortSignal.timeout(20_000)));
    expect(wrong).toMatchObject({ reason: 'wrongPassword' });
  });

  it('refuses requests that a shared cable does not support in one sentence', async () => {
    const { brokers, link } = await colleague();
    await link.open(AbortSignal.timeout(10_000));
    expect(link.can.hardReset).toBe(false);
    const agent = brokers.agent('b', UID);
    const message = 'This is not possible while a colleague shares the board over their cable';
    expect(
      await failure(agent?.configure({ name: 'x' }) ?? Promise.reject(new Error('none'))),
    ).toMatchObject({ message });
    await link.close();
  });

  it('ignores copies and flipped bits: nothing runs twice or changed', async () => {
    const host = await TestHost.connect(mosquitto.url, UID);
    await host.hello(admin);
    await host.exec('n = globals().get("n", 0) + 1');
    const copies = host.sentMessages.map((m) => m.payload);
    expect(copies.length).toBeGreaterThan(1);
    for (const copy of copies) {
      host.raw(copy);
      for (const at of [1, 3, 5, 9, 13, copy.length - 14, copy.length - 1]) {
        const flipped = Buffer.from(copy);
        flipped[at] = (flipped[at] ?? 0) ^ 1;
        host.raw(flipped);
      }
    }
    for (let size = 0; size < 40; size++) host.raw(randomBytes(size));
    host.raw(Buffer.alloc(20_000, 0x48));
    // Frames of one host keep their order, so this is answered after all of them.
    expect((await host.exec('print(n)')).stdout).toBe('1\r\n');
    await host.client.endAsync(true);
  });

  it('continues an upload after the broker has restarted in the middle', async () => {
    const { link, files } = await colleague();
    await link.open(AbortSignal.timeout(10_000));
    const content = randomBytes(4 * SIZE);
    let restarting: Promise<void> | undefined;
    await files.write('/middle.bin', content, {
      onProgress: (done) => {
        if (done > 0) restarting ??= mosquitto.restart();
      },
    });
    await restarting;
    expect(restarting).toBeDefined();
    expect(Buffer.from(await files.read('/middle.bin')).equals(content)).toBe(true);
    await link.close();
  });

  it('says farewell at Ctrl-C, keeps the key, and says why when the cable is pulled', async () => {
    const { broker, link } = await colleague();
    await link.open(AbortSignal.timeout(10_000));
    const stopped = gone(broker);
    expect(await share.stop('SIGINT')).toBe(0);
    expect(await stopped).toMatchObject({ why: 'stopped' });
    share = startShare();
    await share.until(/The key for viewer: viewer:[0-9a-f]{64}/);
    const again = await colleague();
    await again.link.open(AbortSignal.timeout(10_000));
    const run = failure(again.link.withSession((s) => s.exec('import time\ntime.sleep(60)')));
    await nextPresence(
      again.broker,
      UID,
      (state) => (state.on && state.state === 'exec') || undefined,
    );
    const unplugged = gone(again.broker);
    await board.kill();
    expect(await unplugged).toMatchObject({ why: 'unplugged' });
    expect((await run).message).toMatch(/unplugged|lost/);
    await share.until(/mpyfleet: .*lost/);
    expect(await share.stop()).toBeGreaterThan(0);
  });
});
