import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startSerlink, tempDir } from '../../lab/index.mjs';
import { CliBoards } from '../rig/cliBoards';
import { HANG_UP, inTerminal, type Step } from '../rig/cliTerminal';

const rig = CliBoards.use();
const dir = tempDir('mounted');
writeFileSync(join(dir, 'app.py'), 'def answer():\n    return 42\n');
writeFileSync(join(dir, 'box.py'), 'INSIDE = "in the box"\n');
writeFileSync(join(dir, 'words.txt'), 'eins\nzwei');
writeFileSync(join(dir, 'data.bin'), randomBytes(10_000));

/** Returns the arguments that run code on a board on which the folder is mounted. */
const mountedExec = (board: string, code: string) => ['-b', board, 'mount', dir, '+', 'exec', code];

describe('mount on a line that fails', () => {
  it('ends a request with ETIMEDOUT when the computer is gone, and mounts again afterwards', async () => {
    const code =
      'try:\n while True: open("words.txt").close()\nexcept OSError as e: print("lost", e)';
    const first = rig.cli.start(mountedExec(rig.one, `print("ready")\n${code}`));
    await first.until(/ready/);
    await first.stop('SIGKILL');
    const log = rig.cli.start(['-b', rig.one, 'log']);
    try {
      const [, said = ''] = await log.until(/lost (.*answer)/);
      expect(said).toBe(
        '[Errno 110] ETIMEDOUT: the computer with the mounted folder does not answer',
      );
    } finally {
      await log.stop();
    }
    const again = await rig.cli.run(mountedExec(rig.one, 'print(open("words.txt").readline())'));
    expect([again.out, again.status]).toEqual([expect.stringMatching(/^eins/), 0]);
    expect((await rig.exec('import os; print(os.getcwd())')).out.trim()).toBe('/');
  });

  it('ends a request with ETIMEDOUT when bytes of the answer are lost, and then goes on', async () => {
    const cable = await startSerlink({ to: rig.tty() });
    try {
      const code = `print("ready")
try:
 while True: open("data.bin", "rb").read(2000)
except OSError as e: print("lost", e.errno)
print(open("words.txt").readline())`;
      let fault: Promise<void> | undefined;
      const { out, status } = await rig.cli.run(mountedExec(cable.tty, code), {
        onOut: () => {
          fault ??= cable.fault({ dir: 'toBoard', at: 3000, kind: 'drop', count: 5 });
        },
      });
      await fault;
      expect(status).toBe(0);
      expect(out).toMatch(/^ready\r?\nlost 110\r?\neins/);
    } finally {
      await cable.stop();
    }
  });
});

describe('mount with a REPL', () => {
  const typed = (args: readonly string[], steps: readonly Step[]) =>
    inTerminal([process.execPath, rig.cli.path, '-b', rig.tty(), 'mount', dir, ...args], steps);

  it('opens it, and mounts again after a soft reset', async () => {
    const steps: Step[] = [
      [/Ctrl-\] leaves[^]*2004h/, '\r'],
      ['>>> ', 'import app; app.answer()\r'],
      [/\n42\r+\n>>> $/, '\x04'],
      [/soft reboot[^]*>>> $/, 'import box; box.INSIDE\r'],
      [/'in the box'\r+\n>>> $/, '\x1d'],
    ];
    for (const args of [[], ['+', 'repl']]) {
      expect((await typed(args, steps)).status).toBe(0);
      expect((await rig.exec('import os; print(os.getcwd())')).out.trim()).toBe('/');
    }
  });

  it('takes the folder off the board when its terminal is closed', async () => {
    await typed(
      [],
      [
        [/Ctrl-\] leaves[^]*2004h/, '\r'],
        ['>>> ', HANG_UP],
      ],
    );
    // The port is busy until it has ended.
    const place = async () => (await rig.exec('import os; print(os.getcwd())')).out.trim();
    await expect.poll(place).toBe('/');
  });
});
