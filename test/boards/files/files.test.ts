import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileError } from '../../../src/core/errors';
import { startRig, type Rig } from '../rig/filesRig';

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');
const allBytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
const source = Buffer.from(
  Array.from({ length: 600 }, (_, i) => `def function_${i}(a, b):\n    return a * ${i} + b\n`).join(
    '',
  ),
);
const awkward = ['a b.py', "it's", 'say "hi"', '#1', 'ü – 日本 🐍.txt', '100%', '$HOME;rm', 'b\\x'];

const errno = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (error instanceof FileError) return error.errno;
  throw error instanceof Error ? error : new Error('it did not fail');
};

// The same verbs by every way of transfer: streamed at the speed of a UART and of USB, with little
// memory, and in pieces of code.
describe.each([
  { way: 'UART', options: { baud: 460_800 } },
  { way: 'USB', options: { drop: false } },
  { way: '64 kB of heap', options: { drop: false, heap: 64 } },
  { way: 'no stdin', options: { drop: false, stdin: false } },
])('files on a board ($way)', ({ way, options }) => {
  const streams = way === 'UART' || way === 'USB';
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig(options);
  });
  afterAll(() => rig.stop());

  it.each<readonly [string, Buffer]>([
    ['empty', Buffer.alloc(0)],
    ['one byte', Buffer.from([3])],
    ['every byte value', Buffer.concat([allBytes, allBytes.reverse()])],
    ['control bytes only', Buffer.alloc(5000, Buffer.from([2, 3, 4, 16, 0x50, 1, 5]))],
    ['random', randomBytes(30_000)],
    ['zeros', Buffer.alloc(100_000)],
    ['source', source],
    ...[511, 512, 513, 1023, 1024, 1025, 2047, 2048, 2049].map(
      (n) => [`${n} bytes`, randomBytes(n)] as const,
    ),
  ])('writes and reads: %s', async (_, content) => {
    await rig.files.write('/content.bin', content);
    expect(Buffer.from(await rig.files.read('/content.bin'))).toEqual(content);
    expect(await rig.files.hash(['/content.bin'])).toEqual([sha256(content)]);
    const files = await rig.board.files();
    expect(files['/content.bin']).toEqual(content);
    expect(Object.keys(files)).toEqual(['/content.bin']);
  });

  it('writes many files, makes their folders, and leaves nothing else behind', async () => {
    const items = Array.from({ length: 40 }, (_, i) => ({
      path: `/many/d${i % 4}/f${i}.bin`,
      content: randomBytes(i * 37),
    }));
    const late = items.map((f, i) =>
      i % 2 ? f : { ...f, content: () => Promise.resolve(f.content) },
    );
    const before = rig.execs();
    await rig.files.writeMany(late);
    if (streams) expect(rig.execs() - before).toBe(1);
    const files = await rig.board.files();
    for (const { path, content } of items) expect(files[path], path).toEqual(content);
    const walked = await rig.files.walk('/many', { hash: true });
    expect(walked.filter((e) => e.type === 'dir').map((e) => e.path)).toHaveLength(4);
    expect(
      Object.fromEntries(walked.filter((e) => e.sha256).map((e) => [e.path, e.sha256])),
    ).toEqual(Object.fromEntries(items.map((f) => [f.path, sha256(f.content)])));
    const taken: string[] = [];
    const amounts: number[] = [];
    const runs = rig.execs();
    await rig.files.readMany(
      items.map(({ path, content }) => ({ path, size: content.length })),
      (content, path) => {
        taken.push(path);
        expect(Buffer.from(content), path).toEqual(files[path]);
      },
      { onProgress: (done, total) => amounts.push(done / total) },
    );
    expect(taken).toEqual(items.map((f) => f.path));
    expect(amounts).toEqual([...amounts].sort((a, b) => a - b));
    expect(amounts.at(-1)).toBe(1);
    if (streams) expect(rig.execs() - runs).toBe(2);
    await rig.files.remove('/many', { recursive: true });
    expect(Object.keys(await rig.board.files())).toEqual(['/content.bin']);
  });

  it.each(awkward)('keeps the name %s', async (name) => {
    await rig.files.write(`/n/${name}`, Buffer.from(name));
    expect(Object.keys(await rig.board.files())).toContain(`/n/${name}`);
    expect(await rig.files.list('/n')).toHaveLength(1);
    expect(Buffer.from(await rig.files.read(`/n/${name}`)).toString()).toBe(name);
    await rig.files.rename(`/n/${name}`, `/n/x${name}`);
    await rig.files.copy(`/n/x${name}`, `/n/${name}`);
    expect(await rig.files.stat(`/n/${name}`)).toMatchObject({ type: 'file' });
    await rig.files.remove(`/n/x${name}`);
    await rig.files.remove(`/n/${name}`);
    expect(await rig.files.list('/n')).toEqual([]);
  });

  it('names the error', async () => {
    await rig.files.mkdir('/e/full', { parents: true });
    await rig.files.write('/e/full/file', Buffer.from('x'));
    expect(await errno(rig.files.read('/none'))).toBe('ENOENT');
    expect(await errno(rig.files.list('/none'))).toBe('ENOENT');
    expect(await errno(rig.files.stat('/none'))).toBe('ENOENT');
    expect(await errno(rig.files.remove('/none'))).toBe('ENOENT');
    expect(await errno(rig.files.rename('/none', '/e/x', { overwrite: true }))).toBe('ENOENT');
    expect(await errno(rig.files.mkdir('/e/full'))).toBe('EEXIST');
    expect(await errno(rig.files.rename('/content.bin', '/e/full/file'))).toBe('EEXIST');
    expect(await errno(rig.files.copy('/content.bin', '/e/full/file'))).toBe('EEXIST');
    expect(await errno(rig.files.remove('/e/full'))).toBe('ENOTEMPTY');
    expect(await errno(rig.files.write('/e/full', Buffer.from('x')))).toBe('EISDIR');
    expect(await errno(rig.files.write('/e/a\0b', Buffer.from('x')))).toBe('EINVAL');
    expect(await errno(rig.files.write(`/e/${'n'.repeat(250)}`, Buffer.from('x')))).toBe('EINVAL');
    expect(await rig.files.hash(['/none', '/e/full/file'])).toEqual([
      undefined,
      sha256(Buffer.from('x')),
    ]);
    await rig.files.remove('/e', { recursive: true });
  });

  it('reports missing space before a byte is sent, and keeps the old file', async () => {
    await rig.files.write('/old.bin', Buffer.from('the old one'));
    const { free } = await rig.files.space('/');
    const error: unknown = await rig.files
      .write('/old.bin', randomBytes(free + 1))
      .catch((e: unknown) => e);
    expect(error).toMatchObject({
      errno: 'ENOSPC',
      hint: expect.stringContaining('Delete') as string,
    });
    expect((error as Error).message).toContain('No space left');
    const files = await rig.board.files();
    expect(files['/old.bin']?.toString()).toBe('the old one');
    expect(Object.keys(files).sort()).toEqual(['/content.bin', '/old.bin']);
  });

  it('can be cancelled at any time, and the board is at its prompt with nothing left', async () => {
    const content = randomBytes(60_000);
    for (const share of [0, 0.3, 0.6]) {
      const cancel = new AbortController();
      const writing = rig.files.write('/old.bin', content, {
        signal: cancel.signal,
        onProgress: (done) => {
          if (done >= share * content.length) cancel.abort();
        },
      });
      await expect(writing).rejects.toMatchObject({ code: 'cancelled' });
    }
    const files = await rig.board.files();
    expect(files['/old.bin']?.toString()).toBe('the old one');
    expect(Object.keys(files).sort()).toEqual(['/content.bin', '/old.bin']);
    const names = await rig.transport.withSession((s) => s.exec('print(dir())'), {
      mayInterrupt: true,
    });
    expect(Buffer.from(names).toString().trim()).toBe("['__name__']");
  });

  it('cleans up after a crash: deletes a partial file, moves a complete one into place', async () => {
    const whole = Buffer.from('finished before the power went');
    const start = sha256(whole).slice(0, 8);
    const code = [
      'import os',
      "os.mkdir('/s')",
      "f = open('/s/torn.py.mpf01234567~', 'wb'); f.write(b'half'); f.close()",
      `f = open('/s/done.py.mpf${start}~', 'wb'); f.write(b'${whole.toString()}'); f.close()`,
      'del f, os',
    ].join('\n');
    await rig.transport.withSession((s) => s.exec(code), { mayInterrupt: true });
    await rig.files.write('/s/new.py', Buffer.from('new'));
    const files = await rig.board.files();
    const there = Object.keys(files).filter((f) => f.startsWith('/s/'));
    expect(there.sort()).toEqual(['/s/done.py', '/s/new.py']);
    expect(files['/s/done.py']).toEqual(whole);
  });
});

it('lists a folder of 5,000 entries, and escapes invalid names', { timeout: 120_000 }, async () => {
  const rig = await startRig({ drop: false, sizeKib: 16_384 });
  try {
    const code = [
      'import os',
      "os.mkdir('/big')",
      "for i in range(5000): os.mkdir('/big/%04d' % i) if i % 100 == 0 else open('/big/%04d' % i, 'w').close()",
      "open(b'/big/a\\nb\\xff', 'w').close()",
    ].join('\n');
    await rig.transport.withSession((s) => s.exec(code), { mayInterrupt: true });
    const entries = await rig.files.list('/big');
    expect(entries).toHaveLength(5001);
    expect(entries.filter((e) => e.type === 'dir')).toHaveLength(50);
    expect(entries.filter((e) => !/^\d{4}$/.test(e.name)).map((e) => e.name)).toEqual([
      'a\uf00ab\uf0ff',
    ]);
    expect(await rig.files.walk('/big', { hash: true })).toHaveLength(5001);
  } finally {
    await rig.stop();
  }
});

describe('facts about a board', () => {
  it('is asked once for all its file verbs while its link is open', async () => {
    const rig = await startRig();
    try {
      expect(await rig.sharing().places()).toEqual({ home: '/', lib: '/lib' });
      expect(rig.execs()).toBe(1); // the capabilities and the places together
      await rig.sharing().places();
      await rig.sharing().hash(['/main.py']);
      expect(rig.execs()).toBe(2);
      await rig.reconnect();
      await rig.sharing().hash(['/main.py']);
      expect(rig.execs()).toBe(3);
    } finally {
      await rig.stop();
    }
  });
});
