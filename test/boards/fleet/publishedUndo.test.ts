import { expect, it } from 'vitest';
import { silentLog } from '../../../src/core/log';
import { FleetJob } from '../../../src/core/many/fleetJob';
import { keepBefore, undoLast, UndoStore } from '../../../src/core/sync';
import { nodeLocalFs } from '../../../src/core/sync/nodeLocalFs';
import { nodeUndoFolder } from '../../../src/core/sync/nodeUndoFolder';
import { MqttGroups } from '../../../src/transports/mqtt/mqttGroups';
import { MqttBrokers } from '../../../src/transports/mqttBrokers';
import { pollUntil, startMosquitto, tempDir } from '../../lab/index.mjs';
import { ADMIN_KEY, startAgentBoard } from '../rig/agent/board';
import { composeFleet } from '../rig/fleetRig';
import { overMqtt } from '../rig/mqttRig';

const NAMES = ['far-1', 'far-2', 'far-3', 'far-4'];

it('keeps copies on all boards behind a broker before an upload is published, for those that lack the file', async () => {
  const mosquitto = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  const at = { host: '127.0.0.1', port: mosquitto.port };
  const uboards = await Promise.all(NAMES.map((name) => startAgentBoard({ name, broker: at })));
  const brokers = new MqttBrokers(
    {
      password: () => Promise.resolve(undefined),
      boardKey: () => Promise.resolve({ role: 'admin', key: new Uint8Array(ADMIN_KEY) }),
    },
    silentLog,
  );
  const { fleet, stopPolicies } = composeFleet({ openTransport: overMqtt(brokers) });
  try {
    const broker = brokers.set({ id: 'office', name: 'office', url: mosquitto.url });
    const source = brokers.source('office');
    if (!source) throw new Error('the broker has no boards');
    fleet.addSource(source);
    await broker.connect();
    const all = () => Promise.resolve(fleet.boards.filter((b) => b.present).length === 4);
    expect(await pollUntil(all, 60_000)).toBe(true);
    const boards = uboards.map(({ uid }) => {
      const board = fleet.byUid(uid);
      if (!board) throw new Error(`${uid} is not in the fleet`);
      return board;
    });
    const texts = ['one', 'two', 'new'];
    for (const [i, text] of texts.entries())
      await boards[i]?.files.write('/x.txt', Buffer.from(text));

    const undo = new UndoStore(nodeUndoFolder(tempDir('published-undo')));
    const groups = new MqttGroups(brokers);
    const published: number[] = [];
    const job = new FleetJob(
      {
        kind: 'upload',
        files: [{ path: '/x.txt', content: Buffer.from('new') }],
        label: '/x.txt',
      },
      boards,
      {
        stopPolicies,
        publisher: {
          together: (some) => groups.together(some),
          publish: (some, ...rest) => {
            published.push(some.length);
            return groups.publish(some, ...rest);
          },
        },
        upload: {
          compiles: false,
          compiler: () => Promise.resolve(undefined),
          keep: ({ files, id }, items, signal) =>
            keepBefore({ files, undo, board: id, now: Date.now, signal }, items),
          uploaded: () => Promise.resolve(),
        },
      },
      { programs: 'leave' },
    );
    expect((await job.run()).map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(published).toEqual([3]);
    const contents = () =>
      Promise.all(boards.map(async (b) => Buffer.from(await b.files.read('/x.txt')).toString()));
    expect(await contents()).toEqual(['new', 'new', 'new', 'new']);
    for (const { files, id } of boards.slice(0, 2)) {
      const undone = await undoLast({ files, localFs: nodeLocalFs, undo, board: id });
      expect(undone).toMatchObject({ restored: ['/x.txt'], left: [] });
    }
    expect(await contents()).toEqual(['one', 'two', 'new', 'new']);
    const [, , had, lacked] = boards;
    expect(await undo.last(had?.id ?? '')).toBeUndefined();
    if (!lacked) throw new Error('there are four boards');
    const { files, id: board } = lacked;
    const undone = await undoLast({ files, localFs: nodeLocalFs, undo, board });
    expect(undone).toMatchObject({ restored: [], removed: ['/x.txt'], left: [] });
  } finally {
    fleet.dispose();
    brokers.dispose();
    await Promise.all(uboards.map((u) => u.stop()));
    await mosquitto.stop();
  }
});
