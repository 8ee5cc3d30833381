import { randomBytes } from 'node:crypto';
import { describe, expect, it, type TestContext } from 'vitest';
import { FleetError } from '../../../src/core/errors';
import type { WriteItem } from '../../../src/core/boardFiles';
import type { Fault } from '../../lab/serlink.mjs';
import { startRig, type Rig } from '../rig/filesRig';

// Faults of the cable at many places of an upload or a download. Every file on the board must
// always be complete: the old one or the new one. A repairable fault is repaired, any other is
// reported.

const BAUD = 460_800;
const old = Buffer.from('the old one, whole\n'.repeat(20));
const source = Buffer.from(
  Array.from({ length: 150 }, (_, i) => `def function_${i}(a):\n    return a * ${i}\n`).join(''),
);
const one: WriteItem[] = [{ path: '/one.bin', content: randomBytes(9000) }];
const folder: WriteItem[] = [
  { path: '/f/a.py', content: source },
  { path: '/f/b.bin', content: randomBytes(3000) },
  { path: '/f/empty', content: Buffer.alloc(0) },
  { path: '/f/deep/c.bin', content: randomBytes(1500) },
];

/** Sent in one piece of code. Random, so that it cannot be compressed. */
const small: WriteItem[] = [{ path: '/small.bin', content: randomBytes(1000) }];
/** Sent in several pieces of code, for links without input. */
const pieces: WriteItem[] = [{ path: '/pieces.bin', content: randomBytes(9500) }];

/**
 * A board with the old version of every file, and the number of bytes that go each way without a
 * fault.
 */
async function prepared(
  { onTestFinished }: TestContext,
  items: readonly WriteItem[],
  stdin: boolean,
) {
  const rig = await startRig({ baud: BAUD, stdin });
  onTestFinished(() => rig.stop());
  const { files, cable } = rig;
  const olds = items.map(({ path }) => ({ path, content: old }));
  await files.writeMany(olds);
  const before = await cable.stats();
  await files.writeMany(items);
  const after = await cable.stats();
  const restore = () => files.writeMany(olds);
  await restore();
  return {
    rig,
    restore,
    up: after.toBoard - before.toBoard,
    down: after.toHost - before.toHost,
  };
}

/** Checks that every file exists and is the old or the new one. Returns the number of new ones. */
async function checkWhole(board: Rig['board'], items: readonly WriteItem[]): Promise<number> {
  const files = await board.files();
  let fresh = 0;
  for (const { path, content } of items) {
    const found = files[path];
    expect(found, `${path} is missing`).toBeDefined();
    const isNew = found?.equals(content as Uint8Array) ?? false;
    expect(isNew || found?.equals(old), `${path} is neither old nor new`).toBe(true);
    if (isNew) fresh++;
  }
  return fresh;
}

/** Returns `count` offsets spread over `total` bytes, at uneven places. */
function spread(total: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.37) * total) / count));
}

async function outcome(work: Promise<void>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

// In parallel, each with its own board: a disturbed transfer mostly waits for bytes that never
// arrive.
describe.concurrent.each([
  { what: 'one file', items: one, stdin: true },
  { what: 'a folder', items: folder, stdin: true },
  { what: 'a small file', items: small, stdin: true },
  { what: 'a file in pieces of code', items: pieces, stdin: false },
])('uploading $what', { timeout: 240_000 }, ({ items, stdin }) => {
  const faults: { name: string; count: number; fault: (at: number) => Omit<Fault, 'at'> }[] = [
    {
      name: 'flipped bits up',
      count: 14,
      fault: () => ({ dir: 'toBoard', kind: 'flip', mask: 0x10 }),
    },
    {
      name: 'dropped bytes up',
      count: 14,
      fault: (at) => ({ dir: 'toBoard', kind: 'drop', count: 1 + (at % 90) }),
    },
    {
      name: 'doubled bytes up',
      count: 8,
      fault: (at) => ({ dir: 'toBoard', kind: 'dup', count: 1 + (at % 20) }),
    },
    {
      name: 'Ctrl-C out of nowhere',
      count: 8,
      fault: () => ({ dir: 'toBoard', kind: 'insert', data: Buffer.from([3]) }),
    },
    {
      name: 'flipped bits down',
      count: 10,
      fault: () => ({ dir: 'toHost', kind: 'flip', mask: 0x04 }),
    },
    {
      name: 'dropped bytes down',
      count: 8,
      fault: () => ({ dir: 'toHost', kind: 'drop', count: 1 }),
    },
    {
      name: 'doubled bytes down',
      count: 8,
      fault: () => ({ dir: 'toHost', kind: 'dup', count: 2 }),
    },
  ];

  it.for(faults)('survives $name', async ({ fault, count }, context) => {
    const { rig, restore, up, down } = await prepared(context, items, stdin);
    const failures: string[] = [];
    for (const at of spread(fault(0).dir === 'toBoard' ? up : down, count)) {
      await rig.cable.fault({ ...fault(at), at } as Fault);
      const error = await outcome(rig.files.writeMany(items));
      const fresh = await checkWhole(rig.board, items);
      if (error === undefined) {
        expect(fresh, `said to be written, fault at ${at}`).toBe(items.length);
      } else {
        expect(error, `fault at ${at}`).toBeInstanceOf(FleetError);
        failures.push(`${at}: ${(error as Error).message}`);
      }
      await rig.reconnect();
      await restore();
    }
    // A single fault in a transfer is repaired, not reported.
    expect(failures).toEqual([]);
  });

  it('keeps the old files when the cable is pulled', async (context) => {
    const { rig, up } = await prepared(context, items, stdin);
    let cut = 0;
    for (const at of spread(up, 24)) {
      await rig.cable.fault({ dir: 'toBoard', kind: 'unplug', at });
      const error = await outcome(rig.files.writeMany(items));
      const fresh = await checkWhole(rig.board, items);
      if (error === undefined) expect(fresh).toBe(items.length);
      else {
        expect(error, `unplugged at ${at}`).toMatchObject({ code: 'connectionLost' });
        cut++;
      }
      await rig.reconnect();
      // The next upload succeeds, and deletes what the torn one left.
      await rig.files.writeMany(items.map(({ path }) => ({ path, content: old })));
      expect(Object.keys(await rig.board.files()).sort()).toEqual(items.map((i) => i.path).sort());
    }
    expect(cut).toBeGreaterThan(20);
  });

  it('keeps the old files when the power fails', async (context) => {
    const { rig, up } = await prepared(context, items, stdin);
    let cut = 0;
    for (const at of spread(up, 8)) {
      await rig.cable.fault({ dir: 'toBoard', kind: 'cut', at });
      const cancel = new AbortController();
      const upload = { isOver: false };
      const writing = outcome(rig.files.writeMany(items, { signal: cancel.signal })).finally(() => {
        upload.isOver = true;
      });
      // An upload that repairs nothing needs fewer bytes than the measured one, and may end before the cut.
      while (!upload.isOver && !(await rig.cable.stats()).silent);
      await rig.board.kill();
      cancel.abort();
      const error = await writing;
      const fresh = await checkWhole(rig.board, items);
      if (error === undefined) expect(fresh).toBe(items.length);
      else {
        expect(error, `cut at ${at}`).toBeInstanceOf(FleetError);
        cut++;
      }
      await rig.restart();
      await rig.files.writeMany(items.map(({ path }) => ({ path, content: old })));
      expect(Object.keys(await rig.board.files()).sort()).toEqual(items.map((i) => i.path).sort());
    }
    expect(cut).toBeGreaterThan(5);
  });
});

it.concurrent.for([
  { what: 'a file', sizes: [9000] },
  { what: 'files, all in one stream,', sizes: [2600, 0, 41, 5200, 1159] },
])(
  'reads $what right through flipped, dropped and doubled bytes',
  { timeout: 120_000 },
  async ({ sizes }, { onTestFinished }) => {
    const rig = await startRig({ baud: BAUD });
    onTestFinished(() => rig.stop());
    const { files, cable } = rig;
    const contents = new Map(sizes.map((size, i) => [`/r${i}.bin`, randomBytes(size)]));
    const items = [...contents].map(([path, content]) => ({ path, content }));
    await files.writeMany(items);
    const readAll = async () => {
      const taken = new Map<string, Buffer>();
      await files.readMany(items, (content, path) => void taken.set(path, Buffer.from(content)));
      return taken;
    };
    const before = await cable.stats();
    await readAll();
    const after = await cable.stats();
    const ways = [
      ['toHost', after.toHost - before.toHost, 18],
      ['toBoard', after.toBoard - before.toBoard, 9],
    ] as const;
    for (const [dir, total, count] of ways) {
      for (const [index, at] of spread(total, count).entries()) {
        const kind = (['flip', 'drop', 'dup'] as const)[index % 3] ?? 'flip';
        await cable.fault({ dir, at, kind });
        expect(await readAll(), `${kind} ${dir} at ${at}`).toEqual(contents);
        await rig.reconnect();
      }
    }
  },
);
