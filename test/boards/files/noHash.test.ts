/**
 * Tests firmware without SHA-256, as some of CircuitPython: deleting and replacing files, of which copies are kept by hash.
 * The board loses its `hashlib` when it starts.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keepDeleted, keepReplaced, UndoStore } from '../../../src/core/sync';
import { nodeUndoFolder } from '../../../src/core/sync/nodeUndoFolder';
import { tempDir } from '../../lab/index.mjs';
import { BuiltCli } from '../rig/cliRig';
import { startRig } from '../rig/filesRig';

const BOOT = `import builtins
real = builtins.__import__
class Hashlib:
    pass
def pretend(name, *rest):
    return Hashlib if name in ("hashlib", "uhashlib") else real(name, *rest)
builtins.__import__ = pretend
`;
let rig: Awaited<ReturnType<typeof startRig>>;
const undo = new UndoStore(nodeUndoFolder(tempDir('no-hash')));
const options = () => ({ files: rig.files, undo, board: 'kit', now: Date.now });
beforeAll(async () => {
  rig = await startRig({ drop: false, files: { '/boot.py': BOOT } });
});
afterAll(() => rig.stop());

it('says that it cannot hash, instead of a traceback', async () => {
  await rig.files.write('/a.txt', Buffer.from('a'));
  const error = { errno: 'ENOSYS', message: /^This firmware cannot hash files, so \/a\.txt/ };
  await expect(rig.files.hash(['/a.txt'])).rejects.toMatchObject(error);
  await expect(rig.files.walk('/', { hash: true })).rejects.toMatchObject({ errno: 'ENOSYS' });
});

it('deletes files and folders without copies, and leaves earlier copies alone', async () => {
  await rig.files.write('/d/x.txt', Buffer.from('x'));
  expect(await keepDeleted(options(), ['/d', '/a.txt'])).toBeUndefined();
  expect((await rig.files.list('/')).map((e) => e.name)).toEqual(['boot.py']);
  expect(await undo.last('kit')).toBeUndefined();
});

it('replaces files without copies', async () => {
  await rig.files.write('/a.txt', Buffer.from('old'));
  const items = [{ path: '/a.txt', content: Buffer.from('new') }];
  expect(await keepReplaced(options(), items, (all) => rig.files.writeMany(all))).toBe(0);
  expect(Buffer.from(await rig.files.read('/a.txt')).toString()).toBe('new');
});

it('replaces and removes files from a shell, and says that no copy was kept', async () => {
  const cli = await BuiltCli.build();
  await rig.files.write('/a.txt', Buffer.from('a'));
  await rig.transport.close();
  const cwd = tempDir('no-hash-cli');
  writeFileSync(join(cwd, 'a.txt'), 'new');
  const run = (...args: string[]) => cli.run(['-b', `serial:${rig.cable.tty}`, ...args], { cwd });
  const not = { status: 0, out: expect.stringContaining('No copy was kept') as string };
  expect(await run('put', 'a.txt', ':/')).toMatchObject(not);
  expect((await run('cat', ':/a.txt')).out).toBe('new');
  // A move says it only if it replaces something.
  expect(await run('mv', ':/a.txt', ':/b.txt')).toMatchObject({ status: 0, out: '' });
  expect(await run('touch', ':/a.txt')).toMatchObject({ status: 0 });
  expect(await run('mv', ':/b.txt', ':/a.txt')).toMatchObject(not);
  expect((await run('cat', ':/a.txt')).out).toBe('new');
  expect(await run('rm', ':/a.txt')).toMatchObject(not);
});
