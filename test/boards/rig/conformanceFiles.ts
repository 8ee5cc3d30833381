import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { utf8 } from '../../../src/core/bytes';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { failure, type Suite } from './conformance';

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
const NAMES = [
  'a b.txt',
  "it's.py",
  'say "hi".txt',
  '#1.txt',
  'ünïcode €.txt',
  '日本.txt',
  '%41;$x.txt',
];

/**
 * Every file verb over this link. Python code that shares nothing with the product reads back what
 * was written.
 */
export function describeFiles({ bench, group, test }: Suite): void {
  const start = async () => {
    const { transport, exec } = await bench();
    const files = new SessionFiles((work, options) =>
      transport.withSession(work, { ...options, mayInterrupt: true }),
    );
    const onBoard = async (path: string) => {
      const name = `bytes(${JSON.stringify([...utf8(path)])}).decode()`;
      const out = await exec(
        `with open(${name}, 'rb') as f:\n while True:\n  b = f.read(64)\n  if not b: break\n  print(''.join('%02x' % c for c in b), end='')`,
        { mayInterrupt: true },
      );
      return Buffer.from(out, 'hex');
    };
    return { files, onBoard, exec };
  };

  group('files', () => {
    test('have any name and any content', ['files'], async () => {
      const { files, onBoard } = await start();
      await files.mkdir('/d d');
      for (const [i, name] of NAMES.entries()) {
        const content = Buffer.concat([ALL_BYTES, utf8(`${i} ${name}`)]);
        await files.write(`/d d/${name}`, content);
        expect(await onBoard(`/d d/${name}`)).toEqual(content);
        expect(Buffer.from(await files.read(`/d d/${name}`))).toEqual(content);
      }
      const listed = await files.list('/d d');
      expect(listed.map((e) => e.name).sort()).toEqual([...NAMES].sort());
      await files.remove('/d d', { recursive: true });
      expect((await files.list('/')).map((e) => e.name)).not.toContain('d d');
    });

    test('are whole at every size around the borders of blocks', ['files'], async () => {
      const { files, onBoard } = await start();
      for (const size of [
        0, 1, 2, 63, 64, 65, 127, 128, 255, 256, 257, 511, 512, 513, 4095, 4097,
      ]) {
        const content = randomBytes(size);
        await files.write('/size.bin', content);
        expect((await files.stat('/size.bin')).size, `${size} bytes`).toBe(size);
        expect(await onBoard('/size.bin'), `${size} bytes`).toEqual(content);
        expect(Buffer.from(await files.read('/size.bin')), `${size} bytes`).toEqual(content);
      }
    });

    test('are listed with the dates that the board has for them', ['files'], async () => {
      const { files } = await start();
      await files.write('/dated/in/one.txt', utf8('one'));
      const { mtime } = await files.stat('/dated/in/one.txt');
      const entries = await files.walk('/dated', { dates: true });
      expect(entries.find((e) => e.type === 'file')).toEqual({
        path: '/dated/in/one.txt',
        type: 'file',
        size: 3,
        ...(mtime === undefined ? {} : { mtime }),
      });
      const shallow = await files.walk('/dated', { dates: true, shallow: true });
      expect(shallow.map((e) => e.path)).toEqual(['/dated/in']);
      await files.remove('/dated', { recursive: true });
    });

    test('may be 1 MB, of random bytes and of text', ['files', 'largeFiles'], async () => {
      const { files } = await start();
      for (const content of [
        randomBytes(1 << 20),
        Buffer.from('# a line of text\n'.repeat(61_000)),
      ]) {
        await files.write('/big.bin', content);
        expect(Buffer.from(await files.read('/big.bin')).equals(content)).toBe(true);
      }
    });

    test('can be renamed, copied, overwritten only on demand, and removed', ['files'], async () => {
      const { files } = await start();
      await files.write('/p/q/one.txt', utf8('one'));
      await files.write('/two.txt', utf8('two'));
      expect(await failure(files.rename('/two.txt', '/p/q/one.txt'))).toMatchObject({
        errno: 'EEXIST',
      });
      await files.copy('/p/q/one.txt', '/three.txt');
      await files.rename('/two.txt', '/three.txt', { overwrite: true });
      expect(Buffer.from(await files.read('/three.txt')).toString()).toBe('two');
      expect(Buffer.from(await files.read('/p/q/one.txt')).toString()).toBe('one');
      const gone = { errno: 'ENOENT', path: '/two.txt', message: '/two.txt is not on the board' };
      expect(await failure(files.read('/two.txt'))).toMatchObject(gone);
      const taken: string[] = [];
      const wanted = ['/three.txt', '/p/q/one.txt', '/two.txt', '/p/q/one.txt'];
      const reading = files.readMany(
        wanted.map((path) => ({ path })),
        (content, path) => void taken.push(`${path}: ${Buffer.from(content).toString()}`),
      );
      expect(await failure(reading)).toMatchObject(gone);
      expect(taken).toEqual(['/three.txt: two', '/p/q/one.txt: one']);
      expect(await failure(files.remove('/p'))).toMatchObject({ code: 'file' });
      await files.remove('/p', { recursive: true });
      const { free, total } = await files.space('/');
      expect(free).toBeGreaterThan(0);
      expect(total).toBeGreaterThanOrEqual(free);
    });

    test('do not change when the flash is full', ['files', 'fullFlash'], async () => {
      const { files, onBoard } = await start();
      const old = randomBytes(5000);
      await files.write('/old.bin', old);
      const before = await files.list('/');
      const { free } = await files.space('/');
      const error = await failure(files.write('/old.bin', randomBytes(free + 50_000)));
      expect(error).toMatchObject({ errno: 'ENOSPC' });
      expect(await onBoard('/old.bin')).toEqual(old);
      expect(await files.list('/')).toEqual(before);
    });
  });
}
