import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  examine,
  installAgent,
  removeStartLines,
  scanWifi,
  takesCompiled,
  updateAgent,
  type AgentSource,
  type InstallTarget,
} from '../../src/core/agent/agentInstall';
import { newBoardKey } from '../../src/core/agent/agentKeys';
import { serialAddress } from '../../src/core/address';
import { SessionFiles } from '../../src/core/files/sessionFiles';
import { silentLog } from '../../src/core/log';
import type { Transport } from '../../src/core/transport';
import { addressOf } from '../../src/transports/mqtt/presenceSource';
import { serialTransport } from '../../src/transports/serial';
import { startMosquitto, startUboard } from '../lab/index.mjs';
import { agentFiles } from './agent/board';
import { announced, connectHost } from './mqttRig';

const OLD_MAIN = 'print("the old program")\n';

let mosquitto: Awaited<ReturnType<typeof startMosquitto>>;
let board: Awaited<ReturnType<typeof startUboard>>;
let host: Awaited<ReturnType<typeof connectHost>>;
let cable: Transport;
const key = newBoardKey();
const steps: string[] = [];

function targetOf(transport: Transport): InstallTarget & { files: SessionFiles } {
  const withSession: Transport['withSession'] = (work, options) =>
    transport.withSession(work, { ...options, mayInterrupt: true });
  return {
    name: 'the board',
    files: new SessionFiles(withSession),
    exec: (code, { signal }) => withSession((s) => s.exec(code, { signal })),
  };
}

async function source(): Promise<AgentSource> {
  const all = Object.entries(await agentFiles());
  const base = '/mpyfleet/a/';
  const copy = all.filter(([path]) => path.startsWith(base));
  return {
    shim: Buffer.from(all.find(([path]) => path.endsWith('__init__.py'))?.[1] ?? ''),
    copy: new Map(copy.map(([path, content]) => [path.slice(base.length), Buffer.from(content)])),
  };
}

/** Writes other programs to main.py, and at the end the first; the lines that start the agent stay before each. */
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

/** As a board without .mpy has it: module by module, which is also how agents before were compiled. */
async function inModules(): Promise<AgentSource> {
  const folder = join(import.meta.dirname, '../../board/agent/copy');
  const names = readdirSync(folder).filter((name) => name.endsWith('.py'));
  const copy = new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
  return { shim: (await source()).shim, copy };
}

/** What lies in one of the agent's folders on the board. */
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
  cable = serialTransport(serialAddress(board.tty), silentLog);
  await cable.open(AbortSignal.timeout(10_000));
});
afterAll(async () => {
  await cable.close();
  host.brokers.dispose();
  await board.stop();
  await mosquitto.stop();
});

const uid = Buffer.from('inst').toString('hex');

it('puts the agent on a board over its cable, twice, and the board comes to the broker', async () => {
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
  await installAgent(target, await source(), config, options);
  expect(await inSlot('a')).toEqual([...(await source()).copy.keys()].sort());
  await installAgent(target, await inModules(), config, options);
  expect(await inSlot('a')).toEqual([...(await inModules()).copy.keys()].sort());
  expect(steps.length).toBeGreaterThan(5);
  expect(steps.join()).not.toContain('its own');
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
  const link = host.brokers.transport(addressOf('b', uid));
  await link.open(AbortSignal.timeout(20_000));
  const agent = host.brokers.agent('b', uid);
  const before = agent?.birth;
  expect(before?.slot).toBe('a');
  const { files } = targetOf(link);
  await files.mkdir('/mpyfleet/b');
  await files.write('/mpyfleet/b/util.mpy', Buffer.from('of an older update'));
  const slot = await updateAgent(files, await source(), before?.slot ?? 'a');
  const after = await agent?.restart({ mode: 'hard', slot });
  expect(after).toMatchObject({ slot: 'b', trial: true });
  expect(await inSlot('b')).toEqual([...(await source()).copy.keys()].sort());
  expect(await agent?.config()).toMatchObject({ name: 'kitchen' });
  expect(JSON.stringify(await agent?.config())).not.toContain('its own');
  await link.close();
}, 60_000);

it('stays when another main.py is uploaded', async () => {
  const link = host.brokers.transport(addressOf('b', uid));
  await link.open(AbortSignal.timeout(20_000));
  await mainIsReplaced(targetOf(link).files);
  await link.close();
}, 60_000);

it('is taken off over the air, and leaves the program as it was', async () => {
  const link = host.brokers.transport(addressOf('b', uid));
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

it('says in words what a board without Wi-Fi lacks', async () => {
  const board = {
    ...{ name: 'x', files: targetOf(cable).files },
    exec: () => Promise.resolve(Buffer.from('{"platform":"x","asyncio":1,"socket":0,"uid":"aa"}')),
  };
  await expect(examine(board)).rejects.toThrow(/has no network/);
  const networks = {
    ...board,
    exec: () => Promise.resolve(Buffer.from('[["61",-50,0],["61",-40,3],["",-1,0],["zz",0,0]]')),
  };
  expect(await scanWifi(networks)).toEqual([{ ssid: 'a', rssi: -40, open: false }]);
});
