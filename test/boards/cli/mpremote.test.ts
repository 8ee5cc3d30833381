import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandHint, optionHint } from '../../../src/cli/table/otherTools';
import { OPTIONS, type OptionName } from '../../../src/cli/table/optionTable';
import { readCommandLines } from '../../../src/cli/table/options';
import { findVerb } from '../../../src/cli/table/verbTable';
import { ensure, startUboard, tempDir } from '../../lab/index.mjs';
import type { Uboard } from '../../lab/uboard.mjs';
import { BuiltCli } from '../rig/cliRig';

// mpremote's commands are read from the genuine program, and so is their effect on a board.

let program = '';
let cli: BuiltCli;
/** The board of mpremote, and that of mpyfleet. */
let boards: readonly [Uboard, Uboard];
const dir = tempDir('mpremote');

beforeAll(async () => {
  ({ program = '' } = await ensure('mpremote'));
  cli = await BuiltCli.build();
  boards = await Promise.all([startUboard(), startUboard()]);
});
afterAll(() => Promise.all(boards.map((b) => b.stop())));

const genuine = async (...args: string[]) =>
  (await promisify(execFile)(program, args, { cwd: dir })).stdout;
const ours = (...args: string[]) => cli.run(['-b', boards[1].tty, ...args], { cwd: dir });

/**
 * Returns the commands and short forms in mpremote's help: all lines indented by at most two
 * spaces.
 */
async function commands(): Promise<string[]> {
  const names = [...(await genuine('help')).matchAll(/^ {2}([a-z][\w-]*) /gm)];
  return names.map(([, name = '']) => name);
}

/** Returns the options in a command's help: the long name, and the short one if there is any. */
async function options(command: string): Promise<(readonly [long: string, short?: string])[]> {
  const [, list = ''] = (await genuine(command, '--help')).split(/^options:$/m);
  return [...list.matchAll(/^ {2}(?:(-\w), )?--([\w-]+)(?: [A-Z_]+)?(?:, (-\w))?/gm)].map(
    ([, before, long = '', behind]) => [long, before ?? behind],
  );
}

describe('a user of mpremote', () => {
  it('finds every command that mpremote lists, or a hint to its replacement', async () => {
    const all = await commands();
    expect(all.length).toBeGreaterThan(30);
    expect(all).toEqual(expect.arrayContaining(['connect', 'fs', 'cp', 'romfs', 'a0', 'c3']));
    const lost = all.filter(
      (name) => name !== 'help' && !findVerb(name) && commandHint(name) === undefined,
    );
    expect(lost).toEqual([]);
  });

  it('finds every option of the commands, long and short, or a hint to its replacement', async () => {
    /** Returns whether our command accepts an option as typed, with mpremote's meaning. */
    const takes = (verb: string, typed: string, meant: string) => {
      const option = meant in OPTIONS ? OPTIONS[meant as OptionName] : undefined;
      if (!option) return false;
      const [line] = readCommandLines([verb, typed, ...(option.type === 'string' ? ['/x'] : [])]);
      const own = findVerb(verb)?.options ?? [];
      return line?.given.join() === meant && own.includes(meant as OptionName);
    };
    /** The commands after "fs" to which its help assigns an option. */
    const behindFs: Record<string, string[]> = {
      ...{ recursive: ['cp', 'rm'], 'no-recursive': ['cp', 'rm'] },
      ...{ force: ['cp'], 'no-force': ['cp'] },
      ...{ verbose: ['cp', 'rm', 'ls', 'tree'], 'no-verbose': ['cp', 'rm', 'ls', 'tree'] },
      ...{ size: ['tree'], human: ['tree'] },
    };
    const lost: string[] = [];
    let looked = 0;
    const look = (verb: string, long: string, short: string | undefined) => {
      looked++;
      if (!takes(verb, `--${long}`, long) && !optionHint(verb, long))
        lost.push(`${verb} --${long}`);
      if (short === undefined || short === '-h') return; // -h requests help here
      if (optionHint(verb, short.slice(1)) ?? optionHint(verb, long)) return;
      if (!takes(verb, short, long)) lost.push(`${verb} ${short}`);
    };
    const withOwnOptions = ['fs', 'edit', 'eval', 'exec', 'mip', 'mount', 'repl', 'rtc', 'run'];
    expect(await commands()).toEqual(expect.arrayContaining(withOwnOptions));
    for (const command of withOwnOptions) {
      for (const [long, short] of await options(command)) {
        if (long === 'help') continue;
        const verbs = command === 'fs' ? (behindFs[long] ?? ['fs']) : [command];
        for (const verb of verbs) look(verb, long, short);
      }
    }
    expect(looked).toBeGreaterThan(20);
    expect(lost).toEqual([]);
  });

  it('writes and reads the same files with the same arguments', async () => {
    writeFileSync(join(dir, 'main.py'), 'print("main")\n');
    mkdirSync(join(dir, 'pack', 'deep'), { recursive: true });
    writeFileSync(join(dir, 'pack', 'one.py'), '1\n');
    writeFileSync(join(dir, 'pack', 'deep', 'two.bin'), Buffer.alloc(3000, 7));
    const lines = [
      ['mkdir', 'data', 'spare'],
      ['cp', 'main.py', ':'],
      ['cp', 'main.py', ':data/'],
      ['cp', 'main.py', 'pack/one.py', ':data'],
      ['cp', 'main.py', ':data/other.py'],
      ['cp', '-r', 'pack', ':'],
      ['cp', '-r', 'pack', ':spare'],
      ['cp', '-r', 'pack/', ':fresh'],
      ['cp', ':main.py', ':copied.py'],
      ['cp', ':main.py', 'back.py', '+', 'touch', 'empty.txt', 'main.py'],
      ['rm', ':data/other.py', '+', 'rm', '-r', ':pack/deep'],
    ];
    const [theirBoard, ourBoard] = boards;
    for (const words of lines) {
      await genuine('connect', theirBoard.tty, ...words);
      expect(await ours(...words)).toMatchObject({ status: 0, err: '' });
      expect([words, await ourBoard.files()]).toEqual([words, await theirBoard.files()]);
    }
    expect(readFileSync(join(dir, 'back.py'), 'utf8')).toBe('print("main")\n');
    const same = [
      ['cat', 'main.py'],
      ['eval', '6 * 7'],
      ['exec', 'for i in range(3): print(i)'],
      ['run', 'main.py'],
    ];
    for (const words of same) {
      const theirs = await genuine('connect', theirBoard.tty, ...words);
      expect([words, (await ours(...words)).out]).toEqual([words, theirs.replaceAll('\r\n', '\n')]);
    }
  });
});
