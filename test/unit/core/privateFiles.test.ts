/** Files of this computer that hold secrets or what came from boards, and folders that other users can write to. */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KeyFile } from '../../../src/cli/broker/keyFile';
import type { Board, Fleet } from '../../../src/core/board';
import { Emitter } from '../../../src/core/events';
import { replaceFile } from '../../../src/core/localFiles';
import { nodeLocalFs } from '../../../src/core/sync/nodeLocalFs';
import { ReplLogs } from '../../../src/views/repl/replLogs';
import type { Settings } from '../../../src/views/settings';
import { tempDir } from '../../lab/index.mjs';

const KEY = 'ab'.repeat(32);
const mode = (path: string) => statSync(path).mode & 0o777;

describe('a download into a folder that others can write to', () => {
  it.each([
    ['the command line', replaceFile],
    ['a pull', (path: string, content: Uint8Array) => nodeLocalFs.write(path, content)],
  ])('is not written through a link that someone has put there (%s)', async (_, write) => {
    const folder = tempDir('shared');
    const mine = join(folder, 'mine.txt');
    writeFileSync(mine, 'mine');
    // The place itself, and the temporary names of earlier versions.
    for (const name of ['main.py', 'main.py.mpyfleet~', 'main.py~', 'main.py.tmp']) {
      symlinkSync(mine, join(folder, name));
    }
    await write(join(folder, 'main.py'), Buffer.from('from the board'));
    expect(readFileSync(mine, 'utf8')).toBe('mine');
    expect(readFileSync(join(folder, 'main.py'), 'utf8')).toBe('from the board');
    expect(readdirSync(folder).filter((name) => name.length > 'main.py.mpyfleet~'.length)).toEqual(
      [],
    );
  });
});

describe('the file of keys', () => {
  const keys = (folder: string) =>
    new KeyFile({ env: { MPYFLEET_KEYS: 'keys.json' }, cwd: folder });

  it.each([0o640, 0o604, 0o620, 0o644, 0o666])(
    'is refused with mode %o, with the command that restricts it',
    async (open) => {
      const folder = tempDir('keys');
      const path = join(folder, 'keys.json');
      writeFileSync(path, JSON.stringify({ aa: KEY }));
      chmodSync(path, open);
      await expect(keys(folder).key('aa')).rejects.toMatchObject({
        message: `Other users can read ${path}, which contains keys of boards`,
        hint: `Restrict it to yourself: chmod 600 ${path}`,
      });
      chmodSync(path, 0o600);
      expect(await keys(folder).key('aa')).toMatchObject({ role: 'admin' });
    },
  );

  it('is written for its owner only', async () => {
    const folder = tempDir('keys');
    const key = { role: 'viewer', key: new Uint8Array(32).fill(1) } as const;
    await keys(folder).set(new Map([['aa', key]]));
    expect(mode(join(folder, 'keys.json'))).toBe(0o600);
  });
});

describe('files of the window', () => {
  it.each([false, true])(
    'with output of boards are for their owner only (file of an earlier version: %s)',
    async (older) => {
      const folder = join(tempDir('logs'), 'logs');
      const printed = new Emitter<Uint8Array>();
      const notes = new Emitter<string>();
      const board = {
        ...{ name: 'kitchen', uid: 'aa', id: 'usb:1' },
        console: { onData: printed.event, onNote: notes.event },
      } as unknown as Board;
      const logs = new ReplLogs({
        folder,
        fleet: { onDidChangeList: new Emitter<void>().event, boards: [board] } as unknown as Fleet,
        settings: {
          get: () => undefined,
          onDidChange: new Emitter<string[]>().event,
        } as unknown as Settings,
        onError: (error) => {
          throw error;
        },
      });
      if (older) {
        mkdirSync(folder);
        writeFileSync(join(folder, 'kitchen-aa.log'), 'before\n', { mode: 0o644 });
      }
      const path = await logs.start(board);
      printed.fire(Buffer.from('password: hidden'));
      await expect.poll(() => readFileSync(path, 'utf8')).toContain('hidden');
      logs.dispose();
      expect(mode(path)).toBe(0o600);
    },
  );
});
