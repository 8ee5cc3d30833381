import { afterEach, expect, it } from 'vitest';
import type { BoardKey } from '../../../src/core/agent/agentKeys';
import { sharedKey } from '../../../src/core/agent/agentSharedKey';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import type { Transport } from '../../../src/core/transport';
import { ADMIN_KEY } from '../rig/agent/board';
import { announced, connectHost, linkTo, startFarLocal } from '../rig/mqttRig';

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

it('a board gets keys for viewers and operators, in addition to its admin key', async () => {
  const far = await startFarLocal({ config: { keys: { admin: ADMIN_KEY.toString('hex') } } });
  ends.push(() => far.stop());
  const { uid } = far.board;
  const files = await filesOf(linkTo(far));
  const control = far.brokers.agent('b', uid);
  if (!control) throw new Error('no agent');
  await files.write('/note.txt', new TextEncoder().encode('seen'));
  const admin: BoardKey = { role: 'admin', key: ADMIN_KEY };
  const never = () => Promise.reject(new Error('there is no older key'));
  const given = async (role: 'viewer' | 'operator') => {
    const key = await sharedKey(control, admin, { uid, role }, never);
    if (!key) throw new Error('no key');
    return key;
  };
  const viewer = await given('viewer');
  const operator = await given('operator');
  await expect(sharedKey(control, viewer, { uid, role: 'viewer' }, never)).rejects.toThrow(
    /admin key/,
  );

  /** Another computer, with that key. */
  const other = async (key: BoardKey) => {
    const { brokers, broker } = await connectHost(far.profile, {
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
  // No one can read the keys through the broker, and an older key that was sent unencrypted ends.
  await expect(files.read('/mpyfleet/config.json')).rejects.toMatchObject({
    message: expect.stringMatching(/not read through a broker/) as string,
  });
  await control.configure({ keys: { viewer: 'ab'.repeat(32) } });
  await control.restart({ mode: 'hard' });
  const again = await sharedKey(control, admin, { uid, role: 'viewer' }, () =>
    Promise.resolve(true),
  );
  expect(again).toEqual(viewer);
  expect(await (await other(viewer)).files.stat('/note.txt')).toMatchObject({ size: 4 });
  // The giver of the keys still may do everything.
  await files.write('/note.txt', new TextEncoder().encode('changed'));
}, 60_000);
