// `mpyfleet flash --backup`: the files of a board are on the computer before its chip is changed.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { silentLog } from '../../../src/core/log';
import { serialFlashPort } from '../../../src/transports/serial/flashPort';
import { espFirmware, startDrive, startEsp, tempDir, uf2File } from '../../lab/index.mjs';
import { BuiltCli } from '../rig/cliRig';

let cli: BuiltCli;
beforeAll(async () => {
  cli = await BuiltCli.build();
});

const OLD = espFirmware({ chip: 'esp32s3', seed: 3 });

/** Starts a board and returns it with new firmware for it and a folder for the backup. */
async function started(firmware: Buffer) {
  const board = await startEsp({
    ...{ chip: 'esp32s3', circuit: 'classic', start: 'program', firmware },
  });
  onTestFinished(() => board.stop());
  const dir = tempDir('backup');
  const file = join(dir, 'new.bin');
  writeFileSync(file, espFirmware({ chip: 'esp32s3', seed: 4 }));
  const env = board.env as Record<string, string>;
  const run = (...args: string[]) => cli.run(args, { env, cwd: dir });
  return { board, dir, run, flash: (...more: string[]) => run('flash', board.tty, file, ...more) };
}

/** Writes a file on the board. */
const write = (path: string, content: string) =>
  `with open('${path}', 'w') as f: f.write("${content}")`;

test('saves all files of a board, whose program runs, before everything is erased', async () => {
  const { board, dir, run, flash } = await started(OLD);
  const code = [`import os`, `os.mkdir('/lib')`, write('/lib/a.py', 'a = 1')];
  code.push(write('/main.py', 'while True: pass'));
  expect((await run('-b', board.tty, 'exec', code.join('\n'))).status).toBe(0);
  expect((await run('-b', board.tty, 'reset')).status).toBe(0);
  const before = board.flash();
  const ran = await flash('--erase', '--backup', 'kept', '--json');
  expect(ran.err).toContain('MicroPython v1.25.0 for the ESP32-S3');
  const [result] = JSON.parse(ran.out) as { value: { backup: object; version: string } }[];
  expect(result?.value.backup).toEqual({ folder: join(dir, 'kept'), files: 2, bytes: 21 });
  expect(result?.value.version).toBe('1.25.0');
  expect(readFileSync(join(dir, 'kept', 'lib', 'a.py'), 'utf8')).toBe('a = 1');
  expect(readFileSync(join(dir, 'kept', 'main.py'), 'utf8')).toBe('while True: pass');
  expect(board.flash().equals(before)).toBe(false);
});

test('replaces no file of another backup: the board is not flashed, and its program runs again', async () => {
  const { board, dir, run, flash } = await started(OLD);
  const code = write('/main.py', 'while True: pass');
  expect((await run('-b', board.tty, 'exec', code)).status).toBe(0);
  expect((await run('-b', board.tty, 'reset')).status).toBe(0);
  mkdirSync(join(dir, 'kept'));
  writeFileSync(join(dir, 'kept', 'main.py'), 'print("another board")\n');
  const before = board.flash();
  const ran = await flash('--backup', 'kept');
  const place = join(dir, 'kept', 'main.py');
  expect(ran.err).toContain(`so it was not flashed: ${place} already exists with other content`);
  expect(ran.status).toBe(2);
  expect(readFileSync(place, 'utf8')).toBe('print("another board")\n');
  expect(board.flash().equals(before)).toBe(true);
  expect((await run('-b', board.tty, 'exec', 'print(1)')).err).toContain('To stop the program');
});

test('refuses a board whose files cannot be read, and one in its loader', async () => {
  const { board, dir, flash } = await started(OLD);
  const before = board.flash();
  const port = serialFlashPort(board.tty, undefined, silentLog);
  await port.open(115_200);
  onTestFinished(() => port.close());
  const ran = await flash('--backup', 'kept');
  expect(ran.err).toContain('were not saved, so it was not flashed: Another program is using');
  expect(ran.err).toContain('Without --backup it is flashed as it is.');
  expect(ran.status).toBe(2);
  expect(board.flash().equals(before)).toBe(true);
  expect(existsSync(join(dir, 'kept'))).toBe(false);

  const drive = startDrive();
  drive.appear();
  onTestFinished(() => drive.stop());
  const uf2 = join(dir, 'f.uf2');
  writeFileSync(uf2, uf2File(0xe48bff56, Buffer.from('x'.repeat(1000))));
  const env = { MPYFLEET_DRIVES: drive.path };
  const refused = await cli.run(['flash', uf2, '--backup', 'kept'], { env, cwd: dir });
  expect(refused.err).toContain('The files of a board in its boot loader cannot be saved');
  expect(drive.taken()).toBe(undefined);
});
