import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  FROZEN_SLOT,
  installAgent,
  neededSource,
  removeStartLines,
  takesCompiled,
  runningCopy,
  updateAgent,
  type AgentSource,
} from '../../../src/core/agent/agentInstall';
import { AGENT_VERSION } from '../../../src/core/agent/agentVersion';
import { examine, scanWifi, type InstallTarget } from '../../../src/core/agent/agentProbe';
import { newBoardKey } from '../../../src/core/agent/agentKeys';
import type { BoardFiles } from '../../../src/core/boardFiles';
import { text, utf8 } from '../../../src/core/bytes';
import { ProgramRunningError } from '../../../src/core/errors';
import { serialAddress, mqttAddress } from '../../../src/core/parseAddress';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { silentLog } from '../../../src/core/log';
import type { Transport } from '../../../src/core/transport';
import { serialTransport } from '../../../src/transports/serial/serialTransport';
import { pollUntil, startMosquitto, startUboard } from '../../lab/index.mjs';
import { agentSource } from '../rig/agent/board';
import { FLASH_BOOT } from '../rig/fatBoard';
import { announced, connectHost } from '../rig/mqttRig';

const OLD_MAIN = 'print("the old program")\n';

let mosquitto: Awaited<ReturnType<typeof startMosquitto>>;
let board: Awaited<ReturnType<typeof startUboard>>;
let host: Awaited<ReturnType<typeof connectHost>>;
let cable: Transport;
const key = newBoardKey();
const ANN = Buffer.from(newBoardKey()).toString('hex');
const steps: string[] = [];
/** The log of the cable at its finest level. */
const wireLog: string[] = [];

function targetOf(transport: Transport): InstallTarget & { files: SessionFiles } {
  const withSession: Transport['withSession'] = (work, options) =>
    transport.withSession(work, { ...options, mayInterrupt: true });
  return {
    name: 'the board',
    files: new SessionFiles(withSession),
    exec: (code, { signal }) => withSession((s) => s.exec(code, { signal })),
  };
}

/**
 * Writes other programs to main.py, and the first one at the end. The lines that start the agent
 * stay before each.
 */
async function mainIsReplaced(files: SessionFiles): Promise<void> {
  const start = /^# >>>[^]*mpyfleet\.start\(\)\n# <<< [^\n]*\n/;
  for (const program of ['print("new")\n', 'print("newer")\n', OLD_MAIN]) {
    const items = { '/main.py': program, '/boot.py': '# nothing\n' };
    await files.writeMany(
      Object.entries(items).map(([path, text]) => ({ path, content: Buffer.from(text) })),
    );
    const all = await board.files();
    expect(all['/main.py']?.toString()).toMatch(start);
    expect(all['/main.py']?.toString().replace(start, '')).toBe(program);
    expect(all['/boot.py']?.toString()).toBe('# nothing\n');
  }
}

/** For a board without .mpy: module by module, which is also how earlier agents were compiled. */
async function inModules(): Promise<AgentSource> {
  const folder = join(import.meta.dirname, '../../../board/agent/copy');
  const names = readdirSync(folder).filter((name) => name.endsWith('.py'));
  const copy = new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
  return { shim: (await agentSource()).shim, copy };
}

function keysOf(settings: Record<string, unknown>): object {
  return settings.keys as object;
}

/** Returns the content of one of the agent's folders on the board. */
async function inSlot(slot: 'a' | 'b'): Promise<string[]> {
  const base = `/mpyfleet/${slot}/`;
  const paths = Object.keys(await board.files()).filter((path) => path.startsWith(base));
  return paths.map((path) => path.slice(base.length)).sort();
}

beforeAll(async () => {
  mosquitto = await startMosquitto({
    users: { fleet: 'one-of-the-test', kitchen: 'its own' },
    config: ['set_tcp_nodelay true'],
  });
  board = await startUboard({
    ...{ name: 'inst', heap: 1000, sizeKib: 4096 },
    files: { 'main.py': OLD_MAIN },
  });
  host = await connectHost(
    { url: mosquitto.url, username: 'fleet' },
    { boardKey: () => Promise.resolve({ role: 'admin', key }) },
  );
  cable = serialTransport(serialAddress(board.tty), {
    ...silentLog,
    trace: (line) => void wireLog.push(line),
  });
  await cable.open(AbortSignal.timeout(10_000));
});
afterAll(async () => {
  await cable.close();
  host.brokers.dispose();
  await board.stop();
  await mosquitto.stop();
});

const uid = Buffer.from('inst').toString('hex');

it('puts the agent on a board over its cable, twice, and the board connects to the broker', async () => {
  const target = targetOf(cable);
  const fit = await examine(target);
  expect(fit).toMatchObject({ uid, platform: 'linuxboard', hasWifi: true });
  expect(takesCompiled(fit)).toBe(true);
  const config = {
    name: 'kitchen',
    broker: { host: '127.0.0.1', port: mosquitto.port, user: 'kitchen', password: 'its own' },
    adminKey: key,
  };
  const options = { onStep: (step: string) => steps.push(step) };
  await installAgent(target, await agentSource(), config, options);
  expect(await inSlot('a')).toEqual([...(await agentSource()).copy.keys()].sort());
  const path = '/mpyfleet/config.json';
  const has = JSON.parse(text(await target.files.read(path))) as Record<string, unknown>;
  const own = {
    tz: '<+01>-1',
    log: 'D',
    tags: ['home'],
    keys: { ...keysOf(has), 'viewer:ann': ANN },
  };
  await target.files.write(path, utf8(JSON.stringify({ ...has, ...own })));
  const again = await installAgent(
    target,
    await inModules(),
    { ...config, name: 'a port', isNameGuess: true },
    { ...options, known: key },
  );
  expect(again.settings).toBe('Its other settings stay.');
  expect(await inSlot('a')).toEqual([...(await inModules()).copy.keys()].sort());
  expect(steps.length).toBeGreaterThan(5);
  expect(steps.join()).not.toContain('its own');
  const logged = wireLog.join('\n');
  expect(logged).toContain('bytes, not shown');
  for (const secret of ['its own', Buffer.from(key).toString('hex')]) {
    expect(logged).not.toContain(secret);
  }
  const files = await board.files();
  const main = files['/main.py']?.toString() ?? '';
  expect(main.match(/mpyfleet\.start\(\)/g)).toHaveLength(1);
  expect(main.endsWith(OLD_MAIN)).toBe(true);
  await mainIsReplaced(target.files);
  const born = announced(host.broker, uid);
  await cable.reset('soft');
  await born;
}, 60_000);

it('updates it over the air into the other copy', async () => {
  const link = host.brokers.transport(mqttAddress('b', uid));
  await link.open(AbortSignal.timeout(20_000));
  const agent = host.brokers.agent('b', uid);
  const before = agent?.birth;
  expect(before?.slot).toBe('a');
  const { files } = targetOf(link);
  await files.mkdir('/mpyfleet/b');
  await files.write('/mpyfleet/b/util.mpy', Buffer.from('of an older update'));
  const slot = await updateAgent(files, await agentSource(), (await runningCopy(files)).slot);
  const after = await agent?.restart({ mode: 'hard', slot });
  expect(after).toMatchObject({ slot: 'b', trial: true });
  expect(await inSlot('b')).toEqual([...(await agentSource()).copy.keys()].sort());
  expect(await agent?.config()).toMatchObject({
    ...{ name: 'kitchen', tz: '<+01>-1', log: 'D', tags: ['home'] },
    keys: expect.arrayContaining(['admin', 'viewer:ann']) as string[],
  });
  expect(JSON.stringify(await agent?.config())).not.toContain('its own');
  await link.close();
}, 60_000);

it('stays when another main.py is uploaded', async () => {
  const link = host.brokers.transport(mqttAddress('b', uid));
  await link.open(AbortSignal.timeout(20_000));
  await mainIsReplaced(targetOf(link).files);
  await link.close();
}, 60_000);

it('is removed over the air, and leaves the program unchanged', async () => {
  const link = host.brokers.transport(mqttAddress('b', uid));
  await link.open(AbortSignal.timeout(20_000));
  const agent = host.brokers.agent('b', uid);
  await removeStartLines(targetOf(link).files);
  await agent?.remove();
  await host.broker.forget(uid);
  await link.close();
  const files = await board.files();
  expect(files['/main.py']?.toString()).toBe(OLD_MAIN);
  expect(Object.keys(files).filter((p) => p.startsWith('/mpyfleet'))).toEqual([]);
}, 60_000);

it('reports what a board without Wi-Fi or with little memory lacks', async () => {
  const board = {
    ...{ name: 'x', files: targetOf(cable).files },
    exec: () => Promise.resolve(Buffer.from('{"platform":"x","asyncio":1,"socket":0,"uid":"aa"}')),
  };
  await expect(examine(board)).rejects.toThrow(/has no network/);
  const said = '{"platform":"esp8266","asyncio":1,"socket":1,"random":1,"uid":"aa","heap":36000}';
  const small = { ...board, exec: () => Promise.resolve(Buffer.from(said)) };
  await expect(examine(small)).rejects.toMatchObject({
    message: 'x has 35 KiB of memory free, and the agent needs 64 KiB',
    hint: expect.stringContaining('ESP8266 is too small') as string,
  });
  // With 40 KiB the agent connects, and runs out of memory at the first request.
  const tight = '{"platform":"x","asyncio":1,"socket":1,"random":1,"uid":"aa","heap":41000}';
  const next = { ...board, exec: () => Promise.resolve(Buffer.from(tight)) };
  await expect(examine(next)).rejects.toMatchObject({
    hint: expect.stringContaining('too small for the agent') as string,
  });
  const frozen = Buffer.from(tight.replace('}', ',"frozen":"1.0.0"}'));
  await expect(examine({ ...board, exec: () => Promise.resolve(frozen) })).resolves.toMatchObject({
    frozen: '1.0.0',
  });
});

it('refuses a firmware without os.urandom, before anything is written', async () => {
  // Firmware for stm32, nrf and renesas boards has none where the generator is left out. A file comes before the module.
  const hides =
    'import uos\nfor n in dir(uos):\n    if n != "urandom":\n        globals()[n] = getattr(uos, n)\n';
  const bare = await startUboard({ name: 'norandom', heap: 512, files: { 'os.py': hides } });
  const wire = serialTransport(serialAddress(bare.tty), silentLog);
  try {
    await wire.open(AbortSignal.timeout(10_000));
    await expect(examine(targetOf(wire))).rejects.toMatchObject({
      message: expect.stringMatching(/has no os\.urandom: the agent cannot run on it$/) as string,
      hint: expect.stringContaining('Nothing was written') as string,
    });
    expect(Object.keys(await bare.files())).toEqual(['/os.py']);
  } finally {
    await wire.close();
    await bare.stop();
  }
});

it('lists the Wi-Fi networks that the board sees, strongest first', async () => {
  const networks = await scanWifi(targetOf(cable));
  expect(networks.map(({ ssid, open }) => [ssid, open])).toEqual([
    ['café #1', false],
    ['guests', true],
    ['lab', false],
  ]);
});

it('uses the copy in the firmware, tries an update from the files, and returns to the firmware without it', async () => {
  const source = await agentSource();
  const frozen = await startUboard({
    ...{ name: 'frozen', heap: 1000, sizeKib: 4096 },
    // Where the interpreter looks for modules, as for frozen ones. test/boards/agent/heap.test.ts
    // has a firmware with them.
    files: {
      '/lib/mpyfleet_f/__init__.py': `VERSION = "${AGENT_VERSION}"\n`,
      ...Object.fromEntries([...source.copy].map(([n, mpy]) => [`/lib/mpyfleet_f/${n}`, mpy])),
    },
  });
  const wire = serialTransport(serialAddress(frozen.tty), silentLog);
  try {
    await wire.open(AbortSignal.timeout(10_000));
    const target = targetOf(wire);
    const fit = await examine(target);
    const broker = { host: '127.0.0.1', port: mosquitto.port, user: 'fleet' };
    await installAgent(target, neededSource(fit, source), {
      ...{ name: 'frozen', adminKey: key },
      broker: { ...broker, password: 'one-of-the-test' },
    });
    expect(Object.keys(await frozen.files()).filter((p) => /^.mpyfleet.[ab]/.test(p))).toEqual([]);
    const born = announced(host.broker, fit.uid);
    await wire.reset('soft');
    await born;
    const agent = host.brokers.agent('b', fit.uid);
    expect(agent?.birth?.slot).toBe(FROZEN_SLOT);
    const link = host.brokers.transport(mqttAddress('b', fit.uid));
    await link.open(AbortSignal.timeout(20_000));
    const { files } = targetOf(link);
    const broken = { ...source, copy: new Map([['main.py', Buffer.from('raise ValueError()')]]) };
    await updateAgent(files, broken, 'a');
    expect((await agent?.restart({ mode: 'hard', slot: 'b' }))?.slot).toBe(FROZEN_SLOT);
    const slot = await updateAgent(files, source, (await runningCopy(files)).slot);
    expect(await agent?.restart({ mode: 'hard', slot })).toMatchObject({ slot: 'a', trial: true });
    await link.close();
  } finally {
    await wire.close();
    await frozen.stop();
  }
}, 60_000);

/**
 * Waits until a one-line program that makes a file has ended, and removes the file. It starts some time after the birth, and while it
 * runs, code is refused.
 */
async function hasRun(files: BoardFiles, made: string): Promise<void> {
  const { dir, base } = posix.parse(made);
  const isThere = async () => (await files.list(dir)).some(({ name }) => name === base);
  expect(await pollUntil(isThere, 20_000)).toBe(true);
  await files.remove(made);
  const ended = async () => {
    try {
      await files.places();
      return true;
    } catch (error) {
      if (error instanceof ProgramRunningError) return false;
      throw error;
    }
  };
  expect(await pollUntil(ended, 20_000)).toBe(true);
}

it('lives in /flash on a board that mounts nothing at the root, where an update and a removal find it', async () => {
  const program = 'open("/flash/ran", "w").close()\n';
  const flash = await startUboard({
    ...{ name: 'inflash', heap: 1000, sizeKib: 4096 },
    files: { 'boot.py': FLASH_BOOT, 'main.py': program },
  });
  const wire = serialTransport(serialAddress(flash.tty), silentLog);
  try {
    await wire.open(AbortSignal.timeout(10_000));
    const target = targetOf(wire);
    const id = (await examine(target)).uid;
    const config = {
      name: 'pyboard',
      broker: {
        host: '127.0.0.1',
        port: mosquitto.port,
        user: 'fleet',
        password: 'one-of-the-test',
      },
      adminKey: key,
    };
    await installAgent(target, await agentSource(), config);
    await target.files.remove('/flash/ran');
    const born = announced(host.broker, id);
    await wire.reset('soft');
    await born;
    const link = host.brokers.transport(mqttAddress('b', id));
    await link.open(AbortSignal.timeout(20_000));
    const { files } = targetOf(link);
    await hasRun(files, '/flash/ran');
    expect(await files.places()).toEqual({ home: '/flash', lib: '/flash/lib' });
    expect((await files.space('/')).total).toBeGreaterThan(1_000_000);
    await files.write('/flash/main.py', Buffer.from('open("/flash/newer", "w").close()\n'));
    expect(Buffer.from(await files.read('/flash/main.py')).toString()).toMatch(/^# >>>[^]*newer/);
    await expect(files.write('/main.py', Buffer.from('x'))).rejects.toMatchObject({
      errno: 'ENODEV',
    });
    const agent = host.brokers.agent('b', id);
    const slot = await updateAgent(files, await agentSource(), (await runningCopy(files)).slot);
    expect(await agent?.restart({ mode: 'hard', slot })).toMatchObject({ slot: 'b' });
    await hasRun(files, '/flash/newer');
    // The removal restarts the board, which runs it once more.
    await files.write('/flash/main.py', Buffer.from('pass\n'));
    await removeStartLines(files);
    await agent?.remove();
    await host.broker.forget(id);
    await link.close();
    const left = Object.keys(await flash.files()).sort();
    expect(left).toEqual(['/boot.py', '/main.py']);
  } finally {
    await wire.close();
    await flash.stop();
  }
}, 60_000);
