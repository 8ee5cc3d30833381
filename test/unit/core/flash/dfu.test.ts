import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { CancelledError } from '../../../../src/core/errors';
import { flashBoard, parseFirmware } from '../../../../src/core/flash';
import { silentLog } from '../../../../src/core/log';
import { flashDfu } from '../../../../src/core/flash/dfu';
import { removeTempDir, tempDir } from '../../../lab/paths.mjs';

// A stand-in for dfu-util, with the words of version 0.11: no computer without an STM32 board can run it to its end.

const NONE = 'dfu-util: No DFU capable USB device available';
let place: string;
beforeEach(() => {
  place = tempDir('dfu');
});
afterEach(() => removeTempDir(place));

/** Flashes with a program that runs these lines of sh. */
function flash(lines: string, more: { waitMs?: number; signal?: AbortSignal } = {}) {
  const program = join(place, 'dfu-util');
  writeFileSync(program, `#!/bin/sh\ncd '${place}'\n${lines}\n`);
  chmodSync(program, 0o755);
  const firmware = parseFirmware(Buffer.from(`DfuSe${'x'.repeat(995)}`));
  if (firmware.kind !== 'dfu') throw new Error(firmware.kind);
  const done: number[] = [];
  const onProgress = (progress: { done: number }) => done.push(progress.done);
  const signal = more.signal ?? new AbortController().signal;
  return flashDfu(firmware, { program, signal, onProgress, ...more }).then(() => done);
}

it('passes the file to dfu-util, and reports its progress', async () => {
  const lines = 'cp "$4" taken; echo "$1 $2 $3" > args; echo "Download [==  ] 50%"; echo 100%';
  expect((await flash(lines)).at(-1)).toBe(1_000);
  expect(readFileSync(join(place, 'taken'), 'latin1')).toMatch(/^DfuSex{995}$/);
  expect(readFileSync(join(place, 'args'), 'latin1')).toBe('-a 0 -D\n');
});

it('waits for a board that is entering its loader, and not for one that was not sent there', async () => {
  const lines = `echo x >> runs; [ $(wc -l < runs) -ge 2 ] && exit 0; echo '${NONE}' >&2; exit 74`;
  await expect(flash(lines)).rejects.toMatchObject({
    message: 'No board in its DFU loader was found',
    hint: expect.stringMatching(/BOOT0/) as string,
  });
  writeFileSync(join(place, 'runs'), '');
  await flash(lines, { waitMs: 60_000 });
  expect(readFileSync(join(place, 'runs'), 'latin1')).toBe('x\nx\n');
});

it.each([
  ['echo "Cannot open DFU device 0483:df11" >&2; exit 74', /udev rule/, 'untouched'],
  ['echo "Error during download get_status" >&2; exit 74', /get_status/, 'unbootable'],
])('says what to do after %s', async (lines, hint, state) => {
  const hinted = expect.stringMatching(hint) as string;
  await expect(flash(lines)).rejects.toMatchObject({ hint: hinted, state });
});

it('can be cancelled, and says how to install a missing dfu-util', async () => {
  const abort = new AbortController();
  const running = flash('echo x > began; exec sleep 60', { signal: abort.signal });
  const began = async () => {
    while (!existsSync(join(place, 'began'))) await new Promise((r) => setImmediate(r));
  };
  await began();
  abort.abort(new CancelledError());
  await expect(running).rejects.toBeInstanceOf(CancelledError);
  const { signal } = new AbortController();
  const firmware = { kind: 'dfu', data: Buffer.from('DfuSe') } as const;
  await expect(
    flashDfu(firmware, { program: join(place, 'no-such-program'), signal }),
  ).rejects.toMatchObject({ hint: expect.stringMatching(/apt install dfu-util/) as string });
});

it('leaves the board as it is if dfu-util is not installed', async () => {
  const path = process.env.PATH;
  process.env.PATH = place; // an empty folder
  onTestFinished(() => {
    process.env.PATH = path;
  });
  let sent = false;
  const enterLoader = () => {
    sent = true;
    return Promise.resolve();
  };
  const options = { log: silentLog, signal: new AbortController().signal };
  const firmware = { kind: 'dfu', data: Buffer.from('DfuSe') } as const;
  await expect(flashBoard(firmware, { enterLoader }, options)).rejects.toMatchObject({
    reason: 'noTool',
    state: 'untouched',
  });
  expect(sent).toBe(false);
});
