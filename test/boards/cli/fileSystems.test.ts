// Boards that keep their files in /flash, in the shell.
import { expect, it, onTestFinished } from 'vitest';
import { startUboard } from '../../lab/index.mjs';
import { BuiltCli } from '../rig/cliRig';
import { FLASH_BOOT } from '../rig/fatBoard';

it('df names the file system of a board with nothing at the root', async () => {
  const [cli, board] = await Promise.all([
    BuiltCli.build(),
    startUboard({ files: { 'boot.py': FLASH_BOOT } }),
  ]);
  onTestFinished(() => board.stop());
  const ran = await cli.run(['-b', `serial:${board.tty}`, 'df']);
  expect(ran.err).toBe('');
  expect(ran.out).toMatch(/^mounted at +bytes +used +free +use\n\/flash +2097152 .*\n$/);
});

/** A file system whose one file cannot be read, as after damage to a card. */
const DAMAGED = `
import vfs
class Card:
    def __init__(self): self.names = ['a.csv']
    def mount(self, ro, mk): pass
    def umount(self): pass
    def ilistdir(self, p): return iter([(n.encode() if type(p) is bytes else n, 0x8000, 0, 3) for n in self.names])
    def stat(self, p):
        if p in ('', '/'): return (0x4000,) + (0,) * 9
        if p.strip('/') not in self.names: raise OSError(2)
        return (0x8000, 0, 0, 0, 0, 0, 3, 0, 0, 0)
    def statvfs(self, p): return (512, 512, 100, 50, 50, 0, 0, 0, 0, 255)
    def open(self, p, m): raise OSError(5)
    def remove(self, p): self.names.remove(p.strip('/'))
    def chdir(self, p): pass
    def getcwd(self): return '/'
vfs.mount(Card(), '/card')
`;

it('rm says how a file is removed that cannot be read, so that no copy of it can be kept', async () => {
  const [cli, board] = await Promise.all([BuiltCli.build(), startUboard()]);
  onTestFinished(() => board.stop());
  const run = (...args: string[]) => cli.run(['-b', `serial:${board.tty}`, ...args]);
  expect(await run('exec', DAMAGED)).toMatchObject({ status: 0 });
  const kept = await run('rm', ':/card/a.csv');
  expect(kept.status).toBe(1);
  expect(kept.err).toContain('no copy can be kept. --no-copy removes without reading.');
  expect(await run('rm', '--no-copy', ':/card/a.csv')).toMatchObject({ status: 0 });
  expect((await run('ls', ':/card')).out).toBe('');
});
