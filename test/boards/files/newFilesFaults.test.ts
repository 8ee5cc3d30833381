import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { FleetError } from '../../../src/core/errors';
import { keepReplaced, nodeUndoFolder, undoLast, UndoStore } from '../../../src/core/sync';
import { tempDir } from '../../lab/index.mjs';
import type { Fault } from '../../lab/serlink.mjs';
import { type Rig, startRig } from '../rig/filesRig';

// Faults of the cable at many places of an upload of small new files, which is one round trip: no file is ever half written,
// and the next attempt completes.

const items = [
  { path: '/n/a.bin', content: randomBytes(500) },
  { path: '/n/deep/b.bin', content: randomBytes(300) },
];

function upload(rig: Rig, undo: UndoStore): Promise<number> {
  rig.forget();
  const options = { files: rig.files, undo, board: 'kit', now: Date.now };
  return keepReplaced(options, items, (changed) => rig.files.writeMany(changed));
}

/** Checks that each file is whole or missing. Returns the number of whole ones. */
async function whole({ board }: Rig): Promise<number> {
  const there = await board.files();
  const found = items.filter(({ path }) => there[path] !== undefined);
  for (const { path, content } of found) expect(there[path], path).toEqual(content);
  return found.length;
}

async function clean(rig: Rig): Promise<void> {
  if ((await rig.files.list('/')).some(({ name }) => name === 'n'))
    await rig.files.remove('/n', { recursive: true });
}

async function prepared() {
  const rig = await startRig({ baud: 460_800 });
  const undo = new UndoStore(nodeUndoFolder(tempDir('new-files-faults')));
  const before = await rig.cable.stats();
  await upload(rig, undo);
  const after = await rig.cable.stats();
  expect(await undo.last('kit')).toMatchObject({ madeDirs: ['/n', '/n/deep'] });
  await clean(rig);
  const up = after.toBoard - before.toBoard;
  return { rig, undo, up, down: after.toHost - before.toHost };
}

const spread = (total: number, count: number) =>
  Array.from({ length: count }, (_, i) => Math.floor(((i + 0.37) * total) / count));

const FAULTS: ((at: number) => Fault)[] = [
  (at) => ({ at, dir: 'toBoard', kind: 'flip', mask: 0x10 }),
  (at) => ({ at, dir: 'toBoard', kind: 'drop', count: 7 }),
  (at) => ({ at, dir: 'toBoard', kind: 'insert', data: Buffer.from([3]) }),
  (at) => ({ at, dir: 'toHost', kind: 'flip', mask: 0x04 }),
  (at) => ({ at, dir: 'toHost', kind: 'drop', count: 1 }),
];
const named = FAULTS.map((faultAt) => ({ faultAt, ...faultAt(0) }));

it.concurrent.for(named)('survives $kind $dir', { timeout: 240_000 }, async (fault, context) => {
  const { rig, undo, up, down } = await prepared();
  context.onTestFinished(() => rig.stop());
  for (const at of spread(fault.dir === 'toBoard' ? up : down, 12)) {
    await rig.cable.fault(fault.faultAt(at));
    await upload(rig, undo);
    expect(await whole(rig), `fault at ${at}`).toBe(items.length);
    await rig.reconnect();
    await clean(rig);
  }
});

it.concurrent(
  'leaves whole files or none when the cable is pulled',
  { timeout: 240_000 },
  async ({ onTestFinished }) => {
    const { rig, undo, up, down } = await prepared();
    onTestFinished(() => rig.stop());
    let cut = 0;
    for (const [dir, total, count] of [
      ['toBoard', up, 16],
      ['toHost', down, 8],
    ] as const) {
      for (const at of spread(total, count)) {
        await rig.cable.fault({ dir, kind: 'unplug', at });
        const error = await upload(rig, undo).then(
          () => undefined,
          (e: unknown) => e,
        );
        await whole(rig);
        if (error !== undefined) {
          expect(error, `${dir} at ${at}`).toBeInstanceOf(FleetError);
          cut++;
        }
        await rig.reconnect();
        await upload(rig, undo);
        expect(await whole(rig), `after ${dir} at ${at}`).toBe(items.length);
        expect(Object.keys(await rig.board.files()).filter((p) => p.endsWith('~'))).toEqual([]);
        await clean(rig);
      }
    }
    expect(cut).toBeGreaterThan(16);
  },
);

it.concurrent(
  'undo removes what was new and its folders, and leaves what has changed since',
  { timeout: 120_000 },
  async ({ onTestFinished }) => {
    const { rig, undo } = await prepared();
    onTestFinished(() => rig.stop());
    const options = { undo, board: 'kit', now: Date.now, localFs: undefined as never };
    await upload(rig, undo);
    await undoLast({ ...options, files: rig.files });
    expect((await rig.files.list('/')).map(({ name }) => name)).not.toContain('n');
    await upload(rig, undo);
    await rig.files.write('/n/a.bin', Buffer.from('changed'));
    await undoLast({ ...options, files: rig.files });
    expect(await rig.board.files()).toMatchObject({ '/n/a.bin': Buffer.from('changed') });
    expect((await rig.files.list('/n')).map(({ name }) => name)).toEqual(['a.bin']);
  },
);
