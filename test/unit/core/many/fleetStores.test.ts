import { rm } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionFromJson, actionToJson } from '../../../../src/core/many/actionJson';
import { type FleetAction, runAction } from '../../../../src/core/many/fleetActions';
import { Board } from '../../../../src/core/board/board';
import type { BoardMessage, Broker } from '../../../../src/core/broker/broker';
import { Emitter } from '../../../../src/core/events';
import { recordTelemetry } from '../../../../src/core/many/recordTelemetry';
import { filterBoards, groupBoards } from '../../../../src/core/many/grouping';
import {
  PendingJobs,
  type PendingJob,
  type PendingStore,
} from '../../../../src/core/many/pendingJobs';
import type { Selectable } from '../../../../src/core/many/selector';
import { sampleFromAgent, Telemetry } from '../../../../src/core/many/telemetry';
import { tempDir } from '../../../lab/paths.mjs';
import { fakeWorld } from '../../rig/fakeBoard';

let dir: string;
beforeAll(() => {
  dir = tempDir('unit');
});
afterAll(() => rm(dir, { recursive: true, force: true }));

class MemoryStore implements PendingStore {
  readonly jobs = new Map<string, string>();
  ids = () => Promise.resolve([...this.jobs.keys()].sort());
  read = (id: string) => Promise.resolve(this.jobs.get(id));
  write = (id: string, json: string) => Promise.resolve(void this.jobs.set(id, json));
  remove = (id: string) => Promise.resolve(void this.jobs.delete(id));
  alone = <T>(_uid: string, work: () => Promise<T>) => work();
  follow = () => ({ dispose: () => undefined });
}

const upload: FleetAction = {
  kind: 'upload',
  label: 'a.bin',
  files: [{ path: '/a.bin', content: Uint8Array.of(0, 255, 10) }],
};

describe('jobs that wait for a board', () => {
  it('outlive the window', async () => {
    const store = new MemoryStore();
    const first = new PendingJobs(
      store,
      () => Promise.resolve(),
      () => undefined,
    );
    await first.add('u1', 'kitchen', upload);
    await first.add('u2', 'bath', { kind: 'reset', mode: 'soft' });
    const second = new PendingJobs(
      store,
      () => Promise.resolve(),
      () => undefined,
    );
    await second.load();
    expect(second.all.map((j) => [j.board, j.what])).toEqual([
      ['kitchen', 'Upload a.bin'],
      ['bath', 'Soft reset'],
    ]);
    expect(second.for('u1')[0]?.action).toEqual(upload);
  });

  it('name the image of a firmware update, and run it with the service of the window', async () => {
    const store = new MemoryStore();
    const update: FleetAction = {
      kind: 'updateFirmware',
      label: 'ESP32.app-bin',
      file: 'file:///home/ann/ESP32.app-bin',
      sha256: 'ab'.repeat(32),
    };
    const first = new PendingJobs(
      store,
      () => Promise.resolve(),
      () => undefined,
    );
    await first.add('u1', 'kitchen', update);
    const done: unknown[] = [];
    const { services } = fakeWorld({});
    const board = new Board('b', services, { name: () => 'kitchen' });
    const io = { signal: new AbortController().signal, print: () => undefined };
    const second = new PendingJobs(
      store,
      ({ action }) =>
        runAction(board, action, io, {
          updateFirmware: (_, what) => Promise.resolve(void done.push(what)),
        }),
      (error) => void done.push(error),
    );
    await second.load();
    expect(second.all.map((j) => j.what)).toEqual(['Update the firmware to ESP32.app-bin']);
    await second.boardIsBack('u1');
    expect(done).toEqual([update]);
    await expect(runAction(board, update, io)).rejects.toThrow('from here');
  });

  it('are done once, in order, when the board is back', async () => {
    const done: string[] = [];
    const perform = (job: PendingJob) => {
      done.push(job.what);
      return Promise.resolve();
    };
    const jobs = new PendingJobs(new MemoryStore(), perform, () => undefined);
    await jobs.add('u1', 'kitchen', upload);
    await jobs.add('u1', 'kitchen', { kind: 'reset', mode: 'hard' });
    await jobs.add('u2', 'bath', { kind: 'setClock' });
    await Promise.all([jobs.boardIsBack('u1'), jobs.boardIsBack('u1')]);
    await jobs.boardIsBack('u1');
    expect(done).toEqual(['Upload a.bin', 'Hard reset']);
    expect(jobs.all.map((j) => j.uid)).toEqual(['u2']);
  });

  it('keep a failed job and later ones', async () => {
    const errors: string[] = [];
    const perform = () => Promise.reject(new Error('asleep again'));
    const jobs = new PendingJobs(new MemoryStore(), perform, (e) => void errors.push(e.message));
    await jobs.add('u1', 'kitchen', upload);
    await jobs.add('u1', 'kitchen', { kind: 'reset', mode: 'soft' });
    await jobs.boardIsBack('u1');
    expect([errors, jobs.all.length]).toEqual([['asleep again'], 2]);
  });

  it('report a damaged job and keep the others', async () => {
    const store = new MemoryStore();
    store.jobs.set('1', JSON.stringify({ uid: 'u', action: { kind: 'fly' } }));
    store.jobs.set('2', JSON.stringify({ uid: 'u', action: { kind: 'setClock' } }));
    store.jobs.set('3', '{"uid"');
    const errors: string[] = [];
    const jobs = new PendingJobs(
      store,
      () => Promise.resolve(),
      (e) => void errors.push(e.message),
    );
    await jobs.load();
    await jobs.load();
    expect([jobs.all.length, errors.length]).toEqual([1, 2]);
  });

  it('are read back unchanged, with any content', () => {
    const actions: fc.Arbitrary<FleetAction> = fc.oneof(
      fc.record({ kind: fc.constant('exec' as const), code: fc.string(), label: fc.string() }),
      fc.record({ kind: fc.constant('read' as const), expression: fc.string() }),
      fc.record({
        kind: fc.constant('upload' as const),
        label: fc.string(),
        files: fc.array(fc.record({ path: fc.string(), content: fc.uint8Array() })),
      }),
    );
    fc.assert(
      fc.property(actions, (action) => {
        expect(actionFromJson(JSON.parse(JSON.stringify(actionToJson(action))))).toEqual(action);
      }),
    );
  });
});

describe('telemetry', () => {
  it('accepts only numbers from a message', () => {
    const sample = sampleFromAgent(
      { free: 1000, fs: [5, 'x'], rssi: -61, rtt: null, up: Infinity, rc: 2, evil: 1 },
      42,
    );
    expect(sample).toEqual({ at: 42, memoryFree: 1000, signal: -61, reconnects: 2 });
  });

  it('comes from every broker while it exists', () => {
    const made = () => {
      const messages = new Emitter<BoardMessage>();
      return { messages, broker: { onMessage: messages.event } as unknown as Broker };
    };
    const [a, b] = [made(), made()];
    const changed = new Emitter<undefined>();
    const hub = { all: [a.broker], onDidChange: changed.event };
    const telemetry = new Telemetry();
    const heard: string[] = [];
    telemetry.onDidChange((uid) => void heard.push(uid));
    const recording = recordTelemetry(hub, telemetry, () => 7);
    const tm = (from: typeof a, uid: string) => {
      from.messages.fire({ uid, topic: 'tm', data: { free: 5 } });
      from.messages.fire({ uid, topic: 'ev', data: { free: 6 } });
    };
    tm(a, 'u1');
    hub.all = [b.broker];
    changed.fire(undefined);
    tm(a, 'u1');
    tm(b, 'u2');
    expect(heard).toEqual(['u1', 'u2']);
    expect(telemetry.of('u2')).toEqual([{ at: 7, memoryFree: 5 }]);
    recording.dispose();
    tm(b, 'u2');
    expect(heard).toHaveLength(2);
  });

  it('limits the samples of each board and the number of boards', () => {
    const telemetry = new Telemetry();
    for (let i = 0; i < 1000; i++) telemetry.add('a', { at: i });
    expect([telemetry.of('a').length, telemetry.of('a')[0]?.at, telemetry.latest('a')?.at]).toEqual(
      [720, 280, 999],
    );
    for (let i = 0; i < 5000; i++) telemetry.add(`b${i}`, { at: i });
    expect(telemetry.of('a')).toEqual([]);
    expect(telemetry.of('b4999')).toHaveLength(1);
  });
});

const board = (name: string, more: Partial<Selectable> = {}): Selectable => ({
  name,
  state: 'idle',
  tags: [],
  addresses: [],
  brokers: [],
  ...more,
});

describe('grouping and filtering', () => {
  const boards = [
    board('n10', { tags: ['b', 'a'], platform: 'rp2' }),
    board('n9', { tags: ['a'], platform: 'esp32', state: 'offline' }),
    board('x', { brokers: ['office'] }),
  ];
  const shown = (by: 'none' | 'tag' | 'platform' | 'broker' | 'state') =>
    groupBoards(boards, by).map((g) => `${g.key ?? '-'}: ${g.boards.map((b) => b.name).join(' ')}`);

  it('groups by common properties', () => {
    expect(shown('none')).toEqual(['-: n9 n10 x']);
    expect(shown('tag')).toEqual(['a: n9 n10', 'b: n10', '-: x']);
    expect(shown('platform')).toEqual(['esp32: n9', 'rp2: n10', '-: x']);
    expect(shown('broker')).toEqual(['office: x', '-: n9 n10']);
    expect(shown('state')).toEqual(['idle: n10 x', 'offline: n9']);
    expect(groupBoards([], 'none')).toEqual([]);
  });

  it.each([
    ['', ['n10', 'n9', 'x']],
    ['N', ['n10', 'n9']],
    ['esp', ['n9']],
    ['tag:a', ['n10', 'n9']],
    ['tag:a state:off', ['n9']],
    ['office', ['x']],
    ['constructor:a', []],
  ])('filters by %j', (filter, names) => {
    expect(filterBoards(boards, filter).map((b) => b.name)).toEqual(names);
  });

  it('reads the name of each of 5,000 boards once', () => {
    let reads = 0;
    const many = Array.from({ length: 5000 }, (_, i) => {
      const name = `esp32-${(i * 7919) % 5000}`;
      return {
        ...board(name, { tags: [`t${i % 9}`] }),
        get name() {
          reads++;
          return name;
        },
      };
    });
    const groups = groupBoards(many, 'tag');
    expect(groups.map((g) => g.boards.length).reduce((a, b) => a + b)).toBe(5000);
    expect(reads).toBe(5000);
  });
});
