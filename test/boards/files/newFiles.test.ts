import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/core/hash';
import { keepReplaced, nodeUndoFolder, UndoStore } from '../../../src/core/sync';
import { tempDir } from '../../lab/index.mjs';
import { mountFat } from '../rig/fatBoard';
import { first, LESSER_BOARDS, startRig, type Rig } from '../rig/filesRig';

let rig: Rig;

const file = (path: string, content: string | Uint8Array) => ({
  path,
  content: Buffer.from(content),
});

describe('a board that has not been asked yet', () => {
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig.stop());

  it('gets small new files in one round trip, whatever they contain', async () => {
    const items = [
      file('/main.py', 'import a\n'),
      file('/new/deep/a.py', `print('''ü "quoted" \\n''')\n`.repeat(9)),
      file("/new/it's ü.bin", randomBytes(400)),
      file('/new/empty', ''),
      file('/new/bytes', Buffer.from(Array.from({ length: 256 }, (_, i) => i))),
    ];
    let moved = 0;
    const options = { onProgress: (done: number) => void (moved = done) };
    const { result, execs } = await first(rig, () => rig.files.writeNew(items, options));
    expect(result?.there).toEqual(items.map(() => undefined));
    expect(result?.written).toEqual(new Set(items.map(({ path }) => path)));
    expect(result?.madeDirs).toEqual(['/new', '/new/deep']);
    expect(execs).toBe(1);
    expect(moved).toBe(items.reduce((sum, { content }) => sum + content.length, 0));
    const there = await rig.board.files();
    for (const { path, content } of items) expect(there[path]).toEqual(content);
    expect(Object.keys(there).filter((path) => path.endsWith('~'))).toEqual([]);
  });

  it('keeps what it has, and says what that is', async () => {
    const long = randomBytes(3000);
    const had = [file('/had/same', 'same'), file('/had/short', 'old'), file('/had/long', long)];
    await rig.files.writeMany(had);
    const items = [
      file('/had/not', 'n'),
      ...['/had/same', '/had/short', '/had/long'].map((path) => file(path, 'same')),
    ];
    const { result, execs } = await first(rig, () => rig.files.writeNew(items));
    expect(execs).toBe(1);
    expect(result?.there.map((found) => found?.sha256)).toEqual([
      undefined,
      ...had.map(({ content }) => sha256(content)),
    ]);
    const contents = result?.there.map((found) => found?.content && Buffer.from(found.content));
    expect(contents).toEqual([undefined, undefined, Buffer.from('old'), undefined]);
    const there = await rig.board.files();
    expect(there['/had/not']).toBeUndefined();
    for (const { path, content } of had) expect(there[path]).toEqual(content);
  });

  it('says which file it cannot write, and why', async () => {
    await rig.files.mkdir('/folder');
    const folder = [file('/x', 'x'), file('/folder', 'x')];
    const isDir = { errno: 'EISDIR', path: '/folder' };
    await expect(first(rig, () => rig.files.writeNew(folder))).rejects.toMatchObject(isDir);
    expect((await rig.board.files())['/x']).toBeUndefined();
    // What was written before the one that failed is there, and recorded.
    const items = [file('/made/y', 'y'), file('/made/y/x', 'x')];
    const { result } = await first(rig, () => rig.files.writeNew(items));
    expect(result?.failed).toMatchObject({ path: '/made/y/x' });
    expect([...(result?.written ?? [])]).toEqual(['/made/y']);
    expect(result?.madeDirs).toEqual(['/made']);
    expect((await rig.board.files())['/made/y']).toEqual(Buffer.from('y'));
  });

  it('deletes what an upload without an end has left, and restores what it had finished', async () => {
    const whole = Buffer.from('whole');
    const finished = `/left/done.mpf${sha256(whole).slice(0, 8)}~`;
    const torn = '/left/torn.mpf00000000~';
    await rig.files.mkdir('/left');
    const code = [finished, torn].map(
      (path) => `f=open('${path}','w')\nf.write('whole')\nf.close()\n`,
    );
    await rig.transport.withSession((session) => session.exec(code.join('')));
    const { result } = await first(rig, () => rig.files.writeNew([file('/left/done', 'other')]));
    expect(result?.there[0]?.sha256).toBe(sha256(whole));
    const there = await rig.board.files();
    expect(Object.keys(there).filter((path) => path.startsWith('/left/'))).toEqual(['/left/done']);
    expect(there['/left/done']).toEqual(whole);
  });

  it('leaves more than a little to the stream', async () => {
    const large = [file('/large.bin', randomBytes(4000))];
    const { result, execs } = await first(rig, () => rig.files.writeNew(large));
    expect([result, execs]).toEqual([undefined, 0]);
  });

  it('keeps a copy of a small file and replaces it in two round trips', async () => {
    await rig.files.write('/kept.py', Buffer.from('A = 1\n'));
    const undo = new UndoStore(nodeUndoFolder(tempDir('new-files')));
    const replace = () => {
      const options = { files: rig.files, undo, board: 'kit', now: Date.now };
      const items = [file('/kept.py', 'A = 2\n')];
      return keepReplaced(options, items, (all) => rig.files.writeMany(all));
    };
    expect(await first(rig, replace)).toEqual({ result: 1, execs: 2 });
    expect(await undo.has(sha256(Buffer.from('A = 1\n')))).toBe(true);
    expect((await rig.board.files())['/kept.py']).toEqual(Buffer.from('A = 2\n'));
    expect(await first(rig, replace)).toEqual({ result: 0, execs: 1 }); // it has this content already
  });
});

describe('a board that lacks something', () => {
  afterEach(() => rig.stop());
  const items = [file('/small/a.py', 'A = 1\n'), file('/small/b.py', 'B = 1\n')];

  it.each(LESSER_BOARDS)('gets small files in the careful way (%s)', async (_, options) => {
    rig = await startRig(options);
    const undo = new UndoStore(nodeUndoFolder(tempDir('new-files-less')));
    const keep = { files: rig.files, undo, board: 'kit', now: Date.now };
    await keepReplaced(keep, items, (all) => rig.files.writeMany(all));
    const there = await rig.board.files();
    for (const { path, content } of items) expect(there[path]).toEqual(content);
    expect(Object.keys(there).filter((path) => path.endsWith('~'))).toEqual([]);
  });
});

describe('a FAT file system', () => {
  beforeEach(async () => {
    rig = await startRig({ heap: 2048, drop: false });
    await mountFat(rig, '/');
  });
  afterEach(() => rig.stop());

  it('counts a name in another case as the file that is there', async () => {
    const { result } = await first(rig, () => rig.files.writeNew([file('/Note.txt', 'old')]));
    expect(result?.there).toEqual([undefined]);
    const again = await first(rig, () => rig.files.writeNew([file('/note.TXT', 'new')]));
    expect(again.result?.there.map((found) => found?.sha256)).toEqual([sha256(Buffer.from('old'))]);
    expect(Buffer.from(await rig.files.read('/Note.txt')).toString()).toBe('old');
  });
});
