import { afterEach, expect, it } from 'vitest';
import type { BoardKey } from '../../src/core/agent/agentKeys';
import { addKey, keyOnBoard } from '../../src/core/agent/agentSharedKey';
import { SessionFiles } from '../../src/core/files/sessionFiles';
import { silentLog } from '../../src/core/log';
import type { Transport } from '../../src/core/transport';
import { LocalBroker } from '../../src/transports/mqtt/localBroker';
import { ADMIN_KEY } from './agent/board';
import { announced, connectHost, HOST_USER, linkTo, PASSWORD, startFar } from './mqttRig';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const OPEN_MS = 20_000; // on a loaded machine

async function filesOf(link: Transport) {
  ends.push(() => link.close());
  await link.open(AbortSignal.timeout(OPEN_MS));
  return new SessionFiles((work, options) => link.withSession(work, options));
}

it('a board gets keys for those who look and those who restart, beside the one that it has', async () => {
  const local = new LocalBroker(silentLog);
  ends.push(() => local.stop());
  const status = await local.start({
    ...{ port: 0, username: HOST_USER, password: PASSWORD, lan: false },
  });
  if (!status.running) throw new Error('the broker does not run');
  const profile = { url: status.url, username: HOST_USER };
  const far = await startFar(profile, {
    broker: { host: '127.0.0.1', port: status.port, user: HOST_USER, password: PASSWORD },
    config: { keys: { admin: ADMIN_KEY.toString('hex') } },
  });
  ends.push(() => far.stop());
  const { uid } = far.board;
  const files = await filesOf(linkTo(far));
  const control = far.brokers.agent('b', uid);
  if (!control) throw new Error('no agent');
  await files.write('/note.txt', new TextEncoder().encode('seen'));
  expect(await keyOnBoard(files, 'viewer')).toBeUndefined();
  const viewer = await addKey(files, control, 'viewer');
  const operator = await addKey(files, control, 'operator');
  expect(await keyOnBoard(files, 'viewer')).toEqual(viewer);

  /** Another computer, with that key. */
  const other = async (key: BoardKey) => {
    const { brokers, broker } = await connectHost(profile, {
      boardKey: () => Promise.resolve(key),
    });
    ends.push(() => brokers.dispose());
    await announced(broker, uid);
    const link = linkTo({ brokers, board: far.board });
    return { link, files: await filesOf(link) };
  };
  const refused = { message: expect.stringMatching(/does not allow this/) as string };
  const looking = await other(viewer);
  expect(await looking.files.stat('/note.txt')).toMatchObject({ size: 4 });
  await expect(looking.files.read('/note.txt')).rejects.toMatchObject(refused);
  const restarting = await other(operator);
  expect(Buffer.from(await restarting.files.read('/note.txt')).toString()).toBe('seen');
  await expect(restarting.files.read('/mpyfleet/config.json')).rejects.toMatchObject(refused);
  await expect(restarting.link.withSession((s) => s.exec('1'))).rejects.toMatchObject(refused);
  // The one who gave the keys still may do everything.
  await files.write('/note.txt', new TextEncoder().encode('changed'));
}, 60_000);
