import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { prepareFolder } from '../../../src/core/sync/folderSync';
import { nodeLocalFs } from '../../../src/core/sync/nodeLocalFs';
import { resultSummary } from '../../../src/core/sync/summary';
import { mountFat, onPrompt } from '../rig/fatBoard';
import { startRig, type Rig } from '../rig/filesRig';
import { Workspace } from '../rig/syncRig';
import { readInfo } from '../../../src/core/board/readInfo';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ sizeKib: 512, heap: 12_000, drop: false });
});
afterAll(() => rig.stop());
beforeEach(async () => {
  await rig.transport.reset('soft');
  rig.forget();
});

async function withWorkspace(work: (folder: Workspace) => Promise<void>): Promise<void> {
  const folder = new Workspace(() => rig.files);
  try {
    await work(folder);
  } finally {
    folder.dispose();
  }
}

describe('a board that mounts nothing at the root', () => {
  beforeEach(() => mountFat(rig, '/flash', 600));

  it('has its files, its packages and its free space in /flash', async () => {
    expect(await rig.files.places()).toEqual({ home: '/flash', lib: '/flash/lib' });
    const said = await onPrompt(rig, "s = os.statvfs('/flash')\nprint(s[1] * s[2], s[1] * s[3])");
    const [total, free] = said.split(' ').map(Number);
    expect(await rig.files.space('/')).toEqual({ total, free });
    const info = await rig.transport.withSession((session) => readInfo(session), {
      mayInterrupt: true,
    });
    expect(info.flash).toEqual({ total, free });
  });

  it('takes a folder without a mapping to /flash, and keeps its start file in a mirror', async () => {
    await onPrompt(rig, "with open('/flash/boot.py', 'w') as f: f.write('b')");
    await withWorkspace(async (work) => {
      work.put({ 'main.py': 'print(1)', 'lib/a.py': 'a' });
      expect(resultSummary(await work.sync('mirror'))).toBe('2 added, 0 up to date');
      const listed = (await rig.files.walk('/')).map((e) => e.path).sort();
      expect(listed).toEqual([
        '/flash',
        '/flash/boot.py',
        '/flash/lib',
        '/flash/lib/a.py',
        '/flash/main.py',
      ]);
      expect(await work.plan('push')).toMatchObject({ actions: [], unchanged: 2 });
    });
  });

  it('names the home folder when a file is written, created or synced elsewhere', async () => {
    const right = { message: expect.stringContaining('Nothing is mounted at /main.py') as string };
    const content = Buffer.from('x');
    const refused = await rig.files.write('/main.py', content).catch((e: unknown) => e);
    expect(refused).toMatchObject({
      ...right,
      errno: 'ENODEV',
      hint: 'This board keeps its files in /flash: use /flash/main.py.',
    });
    await expect(rig.files.write('/lib/deep/a.py', content)).rejects.toThrow('Nothing is mounted');
    await expect(rig.files.mkdir('/lib')).rejects.toThrow('Nothing is mounted at /lib');
    await withWorkspace(async (work) => {
      work.put({ 'a.py': 'a' });
      work.mappings = ['. -> /'];
      await expect(work.sync('push')).rejects.toThrow('Nothing is mounted at /');
    });
  });
});

it('has its packages in flash though a read-only file system comes first in sys.path', async () => {
  await onPrompt(rig, "import sys\nsys.path[:] = ['', '.frozen', '/rom', '/rom/lib', '/lib']");
  expect(await rig.files.places()).toEqual({ home: '/', lib: '/lib' });
});

describe('a board with a card in addition to its flash', () => {
  it('reports the free space of the card for every sync root on it', async () => {
    await mountFat(rig, '/sd', 9000);
    await withWorkspace(async (work) => {
      work.put({ 'sound.wav': Buffer.alloc(900_000, 1) });
      work.mappings = ['. -> /sd/media'];
      expect(resultSummary(await work.sync('push'))).toBe('1 added, 0 up to date');
    });
    await withWorkspace(async (work) => {
      work.put({ 'sd/sound2.wav': Buffer.alloc(600_000, 1), 'small.py': 'x' });
      expect(resultSummary(await work.sync('push'))).toBe('2 added, 0 up to date');
      work.put({ 'new/too-large.wav': Buffer.alloc(600_000, 1) });
      await expect(work.sync('push')).rejects.toMatchObject({ errno: 'ENOSPC' });
    });
  });

  it('lists the root of a board with files there without probing for their home', async () => {
    await rig.files.write('/main.py', Buffer.from('x'));
    const asked = rig.execs();
    await withWorkspace(async (work) => {
      await prepareFolder({
        files: rig.files,
        localFs: nodeLocalFs,
        folder: work.folder,
        mappings: [],
        ignore: [],
        protect: [],
      });
    });
    expect(rig.execs() - asked).toBe(1);
  });
});

describe('a board without any file system', () => {
  it('reports the missing file system, and no worn flash', async () => {
    await onPrompt(rig, "import vfs\nvfs.umount('/')");
    const refused = await rig.files.write('/main.py', Buffer.from('x')).catch((e: unknown) => e);
    expect(refused).toMatchObject({ message: 'No file system is mounted on the board' });
    await expect(rig.files.write('/lib/a.py', Buffer.from('x'))).rejects.toThrow('No file system');
    await expect(rig.files.places()).rejects.toThrow('No file system is mounted on the board');
  });
});
