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
