import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FleetError } from '../../src/core/errors';
import { applyPlan } from '../../src/core/sync/apply';
import type { Fault } from '../lab/serlink.mjs';
import { startRig, type Rig } from './filesRig';
import { Workspace } from './syncRig';

/** What is on the board before each sync, and what the sync is to make of it: bytes that no compression shortens. */
const OLD = contents('old', ['a.py', 'lib/b.py', 'lib/c.bin', 'd.py', 'gone.py']);
const NEW = contents('new', ['a.py', 'lib/b.py', 'lib/c.bin', 'd.py', 'fresh.py', 'lib/deep/e.py']);

/** Bytes that a mirror of these files sends, in about; faults are spread over all of it and a little more. */
const SENT = 26_000;
/** Bytes that the board answers in that time, in about. */
const HEARD = 4_000;

function contents(kind: string, names: string[]): Record<string, Buffer> {
  const body = (name: string) => {
    const parts = Array.from({ length: 100 }, (_, i) =>
      createHash('sha256').update(`${kind}${name}${i}`).digest(),
    );
    return Buffer.concat(parts);
  };
  return Object.fromEntries(names.map((name) => [name, body(name)]));
}

let rig: Rig;
let work: Workspace;
beforeAll(async () => {
  rig = await startRig({ sizeKib: 1024, drop: false });
  work = new Workspace(() => rig.files);
  work.put(NEW);
});
afterAll(async () => {
  work.dispose();
  await rig.stop();
});
beforeEach(async () => {
  for (const { name } of await rig.files.list('/')) {
    await rig.files.remove(`/${name}`, { recursive: true });
  }
  await rig.files.writeMany(
    Object.entries(OLD).map(([path, content]) => ({ path: `/${path}`, content })),
  );
});

/** Every file is the old one or the new one as a whole, none that was there is missing before the sync has come to it. */
async function expectWholeFiles(): Promise<void> {
  const there = await rig.board.files();
  for (const [path, data] of Object.entries(there)) {
    if (/\.mpf[0-9a-f]{8}~$/.test(path)) continue;
    const name = path.slice(1);
    const whole = [OLD[name], NEW[name]].some((content) => content?.equals(data));
    expect(whole, `${path} is neither old nor new`).toBe(true);
  }
  for (const name of Object.keys(OLD)) {
    if (name in NEW) expect(there[`/${name}`], `${name} is missing`).toBeDefined();
  }
}

async function expectMirrored(): Promise<void> {
  const there = await rig.board.files();
  expect(Object.keys(there).sort()).toEqual(
    Object.keys(NEW)
      .map((name) => `/${name}`)
      .sort(),
  );
  for (const [name, content] of Object.entries(NEW)) {
    expect(there[`/${name}`]?.equals(content), name).toBe(true);
  }
}

/** Syncs with a fault on the way; a result is right, and an error is one of ours with words. */
async function syncWith(fault: Fault): Promise<'done' | 'failed'> {
  const plan = await work.plan('mirror');
  await rig.cable.fault(fault);
  try {
    await applyPlan(plan, work.options());
    return 'done';
  } catch (error) {
    expect(error).toBeInstanceOf(FleetError);
    expect((error as FleetError).message.length).toBeGreaterThan(10);
    return 'failed';
  }
}

describe('a sync on a cable that is pulled', () => {
  const places: Fault[] = [
    ...[1, 700, 3000, 8000, 13_000, 19_000, 24_000].map((at): Fault => {
      return { kind: 'unplug', dir: 'toBoard', at: Math.min(at, SENT) };
    }),
    ...[30, 400, 1500, HEARD].map((at): Fault => ({ kind: 'unplug', dir: 'toHost', at })),
  ];
  let failed = 0;

  it.each(places)(
    '$dir at byte $at: whole files, and the next sync puts all right',
    async (fault) => {
      const ended = await syncWith(fault);
      if (ended === 'failed') failed++;
      await expectWholeFiles();
      await rig.reconnect();
      await work.sync('mirror');
      await expectMirrored();
    },
  );

  it('was really cut in most of these', () => {
    expect(failed).toBeGreaterThan(places.length / 2);
  });

  it('is undone as far as it came', async () => {
    expect(await syncWith({ kind: 'unplug', dir: 'toBoard', at: 14_000 })).toBe('failed');
    await rig.reconnect();
    await work.undoLast();
    const there = Object.entries(await rig.board.files()).filter(([p]) => !p.endsWith('~'));
    expect(Object.fromEntries(there)).toEqual(
      Object.fromEntries(Object.entries(OLD).map(([name, data]) => [`/${name}`, data])),
    );
  });
});

describe('a sync on a cable that damages bytes', () => {
  const faults: Fault[] = [2000, 9000, 17_000].flatMap((at): Fault[] => [
    { kind: 'flip', dir: 'toBoard', at, mask: 0x10 },
    { kind: 'drop', dir: 'toBoard', at, count: 3 },
    { kind: 'dup', dir: 'toBoard', at, count: 2 },
    { kind: 'insert', dir: 'toBoard', at, data: randomBytes(5) },
  ]);

  it.each(faults)('$kind at byte $at: never a wrong file', async (fault) => {
    const ended = await syncWith(fault);
    await expectWholeFiles();
    if (ended === 'failed') {
      await rig.reconnect();
      await work.sync('mirror');
    }
    await expectMirrored();
  });
});

describe('a sync that is called off', () => {
  it('leaves whole files, a board that answers, and can be undone', async () => {
    const abort = new AbortController();
    const running = work.sync('mirror', {
      signal: abort.signal,
      onProgress: (done) => {
        if (done > 8000) abort.abort();
      },
    });
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    await expectWholeFiles();
    const undone = await work.undoLast();
    expect(undone.left).toEqual([]);
    const there = await rig.board.files();
    for (const [name, data] of Object.entries(OLD))
      expect(there[`/${name}`]?.equals(data)).toBe(true);
  });
});
