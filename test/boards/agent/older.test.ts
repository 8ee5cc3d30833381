/**
 * Boards with the agent of protocol 1 behind the embedded broker, with the login that all boards
 * shared at the time.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Birth } from '../../../src/core/agent/agentProtocolPresence';
import { updateOverTheAir } from '../../../src/core/agent/agentUpdate';
import { boardLogin, renewLogin } from '../../../src/core/broker/boardLogin';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { silentLog } from '../../../src/core/log';
import { LocalBroker } from '../../../src/transports/mqtt/localBroker';
import { agentFiles, agentSource, startAgentBoard, type AgentBoard } from '../rig/agent/board';
import { announced, connectHost, HOST_USER, linkTo, PASSWORD } from '../rig/mqttRig';

const SECRET = 'the secret of this test';
const COMMON = { username: 'fleet-of-old', password: 'all boards know it' };

/** Boards with a login of their own, for which the shared one is refused. */
const retired = new Set<string>();
const local = new LocalBroker(silentLog);
let host: Awaited<ReturnType<typeof connectHost>>;
let boards: AgentBoard[];

/** The agent of protocol 1, compiled, by path on the board. */
function olderFiles(): Record<string, Uint8Array> {
  const packed = readFileSync(join(import.meta.dirname, '../rig/agent/agentProtocol1.json.gz'));
  const files = JSON.parse(gunzipSync(packed).toString()) as Record<string, string>;
  const all = Object.entries(files);
  return Object.fromEntries(
    all.map(([p, data]) => [`/mpyfleet/${p}`, Buffer.from(data, 'base64')]),
  );
}

const linksTo = (board: AgentBoard) => {
  const link = linkTo({ brokers: host.brokers, board });
  const files = new SessionFiles((work, options) => link.withSession(work, options));
  const control = host.brokers.agent('b', board.uid);
  if (!control) throw new Error('there is no such broker');
  return { link, files, control, name: board.name };
};

beforeAll(async () => {
  const status = await local.start({
    ...{ port: 0, username: HOST_USER, password: PASSWORD, boardSecret: SECRET, lan: false },
    common: { ...COMMON, isRetired: (uid) => retired.has(uid) },
    onOwnLogin: (uid) => retired.add(uid),
  });
  if (!status.running) throw new Error('the broker does not run');
  host = await connectHost({ url: status.url, username: HOST_USER });
  const { username: user, password } = COMMON;
  const broker = { host: '127.0.0.1', port: status.port, user, password };
  const newer = (await agentFiles())['/mpyfleet/a/main.mpy'];
  expect(newer).not.toEqual(olderFiles()['/mpyfleet/a/main.mpy']);
  const start = (name: string) =>
    startAgentBoard({ name, broker, heap: 1000, sizeKib: 4096, files: olderFiles() });
  boards = await Promise.all([start('old1'), start('old2')]);
  await Promise.all(boards.map(({ uid }) => announced(host.broker, uid)));
});
afterAll(async () => {
  host.brokers.dispose();
  await Promise.all(boards.map((board) => board.stop()));
  await local.stop();
});

it('are marked as old and receive only read requests', async () => {
  const [board] = boards;
  if (!board) throw new Error('no board');
  const { link, files, control } = linksTo(board);
  const found = host.brokers.source('b');
  found?.start();
  const shown = found?.found.find(({ uid }) => uid === board.uid)?.details;
  expect(shown).toMatchObject({ protocol: '1: can be read only, update its agent' });
  await link.open(AbortSignal.timeout(20_000));
  expect((await files.list('/')).map((e) => e.name)).toContain('mpyfleet');
  expect(Buffer.from(await files.read('/main.py')).toString()).toContain('mpyfleet');
  const refused = /speaks protocol 1, which is not secure enough/;
  await expect(link.withSession((s) => s.exec('x = 1'))).rejects.toThrow(refused);
  await expect(files.write('/secret.py', Buffer.from('x'))).rejects.toThrow(refused);
  await expect(files.remove('/main.py')).rejects.toThrow(refused);
  await expect(control.restart({ mode: 'hard' })).rejects.toThrow(refused);
  await expect(control.configure({ name: 'x' })).rejects.toThrow(refused);
  await link.close();
}, 60_000);

it('update to protocol 2 over the air in one step, several at the same time', async () => {
  // Their presence is not signed: another user of the broker names the copy that does not run, and its form.
  const login = { username: HOST_USER, password: PASSWORD };
  const stranger = await connectAsync(host.broker.profile.url, login);
  for (const { uid } of boards) {
    const { caps, ...birth } = host.broker.presences.get(uid) as Birth;
    const forged = { ...birth, on: 1, caps: [...caps], slot: 'b', mpy: 0 };
    const options = { qos: 1, retain: true } as const;
    await stranger.publishAsync(`mpy/${uid}/st`, JSON.stringify(forged), options);
    const shown = () => host.broker.presences.get(uid);
    await expect.poll(shown, { timeout: 10_000 }).toMatchObject({ slot: 'b', proto: 1 });
  }
  await stranger.endAsync();
  const after = await Promise.all(
    boards.map(async (board) => {
      const { link, files, control, name } = linksTo(board);
      await link.open(AbortSignal.timeout(20_000));
      const born = await updateOverTheAir({ name, files }, control, agentSource);
      await link.close();
      return born;
    }),
  );
  for (const born of after) expect(born).toMatchObject({ proto: 2, slot: 'b', trial: true });
  for (const board of boards) {
    const { link, control } = linksTo(board);
    await link.open(AbortSignal.timeout(20_000));
    const out = await link.withSession((s) => s.exec('print(6 * 7)'));
    expect(Buffer.from(out).toString()).toBe('42\r\n');
    expect(await control.config()).toMatchObject({ name: board.name, mode: 'signed' });
    await link.close();
  }
}, 120_000);

it('get a login of their own, after which the shared one is refused', async () => {
  for (const board of boards) {
    const { control } = linksTo(board);
    const { password } = boardLogin(SECRET, board.uid);
    await renewLogin(control, SECRET, board.uid);
    expect(retired.has(board.uid)).toBe(false);
    expect(await control.restart({ mode: 'hard' })).toMatchObject({ proto: 2, slot: 'b' });
    expect(retired.has(board.uid)).toBe(true);
    const config = String((await board.files())['/mpyfleet/config.json']);
    expect(config).toContain(password);
    expect(config).not.toContain(COMMON.password);
    const again = { ...COMMON, clientId: `mpy-${board.uid}`, reconnectPeriod: 0 };
    await expect(connectAsync(host.broker.profile.url, again, false)).rejects.toThrow(
      'Bad username or password',
    );
  }
}, 120_000);
