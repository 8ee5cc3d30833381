import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Board } from '../../../src/core/board/board';
import { text, utf8 } from '../../../src/core/bytes';
import { FleetJob } from '../../../src/core/many/fleetJob';
import { FileRolloutSteps } from '../../../src/core/many/rolloutFiles';
import { RolloutJob } from '../../../src/core/many/rolloutJob';
import { FLASH_BOOT, FAT_AT_ROOT } from '../rig/fatBoard';
import { FleetRig } from '../rig/fleetRig';

/** Boards of three kinds: files at the root, in /flash, and on FAT, which knows no case. */
let rig: FleetRig;
let usual: Board;
let inFlash: Board;
let onFat: Board;
beforeAll(async () => {
  rig = await FleetRig.start(3, {}, [
    { files: { 'app.py': 'old' } },
    { files: { 'boot.py': FLASH_BOOT, 'app.py': 'old' } },
    { heap: 1024 },
  ]);
  const [a, b, c] = rig.boards;
  if (!a || !b || !c) throw new Error('three boards were started');
  [usual, inFlash, onFat] = [a, b, c];
  await onFat.exec(FAT_AT_ROOT, { job: 'test' });
  await onFat.files.write('/App.py', utf8('old'));
});
afterAll(() => rig.stop());

const read = async (board: Board, path: string) => text(await board.files.read(path));

async function names(board: Board, folder: string): Promise<string[]> {
  return (await board.files.list(folder)).map((e) => e.name).sort();
}

describe('an upload to boards that keep their files in different places', () => {
  it('goes to the root of the files of each, and to a file system that it names', async () => {
    const files = [
      { path: '/lib/x.py', content: utf8('x') },
      { path: '/main.py', content: utf8('m') },
    ];
    const services = { stopPolicies: rig.stopPolicies };
    const run = async (action: ConstructorParameters<typeof FleetJob>[0], boards: Board[]) => {
      const job = new FleetJob(action, boards, services, { programs: 'stop' });
      await job.run();
      return job.results.map((r) => r.error?.message ?? r.status);
    };
    const upload = { kind: 'upload', files, label: 'two' } as const;
    expect(await run(upload, rig.boards)).toEqual(['ok', 'ok', 'ok']);
    for (const [board, at] of [
      [usual, ''],
      [inFlash, '/flash'],
      [onFat, ''],
    ] as const) {
      expect(await read(board, `${at}/lib/x.py`)).toBe('x');
      expect(await read(board, `${at}/main.py`)).toBe('m');
    }
    const named = [{ path: '/flash/data/y', content: utf8('y') }];
    expect(await run({ kind: 'upload', files: named, label: 'y' }, [inFlash])).toEqual(['ok']);
    expect(await read(inFlash, '/flash/data/y')).toBe('y');
    expect(await names(inFlash, '/flash')).not.toContain('flash');
  });
});

describe('a roll-out to such boards', () => {
  const rollOut = (health: string, boards: readonly Board[], path: string) => {
    const stop = { policies: rig.stopPolicies, programs: 'stop' as const };
    const files = [
      { path, content: utf8('new') },
      { path: '/added.py', content: utf8('added') },
    ];
    // Without a reset: the FAT of the test is in the board's memory.
    const what = { files, health, reset: false };
    return new RolloutJob(
      'test',
      boards,
      new FileRolloutSteps(what),
      { canaries: boards.length, healthMs: 100 },
      stop,
    );
  };

  it('restores everything if a board fails', async () => {
    const job = rollOut('False', [usual, inFlash], '/app.py');
    expect(await job.run()).toBe('rolledBack');
    expect(await read(usual, '/app.py')).toBe('old');
    expect(await read(inFlash, '/flash/app.py')).toBe('old');
    expect(await names(inFlash, '/flash')).toEqual([
      ...['app.py', 'boot.py', 'data', 'lib', 'main.py'],
    ]);
  });

  it('restores a file on FAT under its old name, in its own case', async () => {
    const before = await names(onFat, '/');
    expect(await rollOut('False', [onFat], '/app.py').run()).toBe('rolledBack');
    expect(await names(onFat, '/')).toEqual(before);
    expect(await read(onFat, '/App.py')).toBe('old');
  });

  it('writes the new files and frees the backups', async () => {
    const job = rollOut('True', [usual, inFlash, onFat], '/app.py');
    expect(await job.run()).toBe('done');
    for (const [board, at] of [
      [usual, ''],
      [inFlash, '/flash'],
      [onFat, ''],
    ] as const) {
      expect(await read(board, `${at}/app.py`)).toBe('new');
      expect(await read(board, `${at}/added.py`)).toBe('added');
      expect(await names(board, at || '/')).not.toContain('.mpyfleet-kept');
    }
  });
});
