import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { packCli } from '../../../scripts/npmPackage.mjs';
import { VERBS } from '../../../src/cli/table/verbTable';
import { ensure, startUboard, tempDir } from '../../lab/index.mjs';
import { inTerminal } from '../rig/cliTerminal';

let program: string;

beforeAll(async () => {
  const place = tempDir('npm');
  const tgz = await packCli(place);
  const prefix = join(place, 'prefix');
  // Offline and without a home folder: only the file takes part.
  const env = { PATH: process.env.PATH, HOME: place, npm_config_cache: join(place, 'cache') };
  const install = ['install', '-g', '--offline', '--prefix', prefix, tgz];
  execFileSync('npm', install, { env, stdio: 'pipe' });
  program = join(prefix, 'bin', 'mpyfleet');
});

it('works on a board from an empty prefix, with the native binding and the compiler', async () => {
  const board = await startUboard();
  const dir = tempDir('use');
  const env = { PATH: process.env.PATH, HOME: dir };
  const run = (...args: string[]) =>
    execFileSync(program, args, { env, cwd: dir, stdio: 'pipe' }).toString();
  try {
    expect(run('-b', board.tty, 'eval', '6*7')).toBe('42\n');
    writeFileSync(join(dir, 'own.py'), 'X = 1\n');
    run('-b', board.tty, 'mip', 'install', '--mpy', './own.py');
    expect(Object.keys(await board.files())).toContain('/lib/own.mpy');
    expect(run('--help')).toMatch(/npm install -g mpyfleet-VERSION\.tgz/);
  } finally {
    await board.stop();
  }
});

describe('completion', () => {
  const script = (shell: string) => {
    const file = join(tempDir('completion'), shell);
    writeFileSync(file, execFileSync(program, ['completion', shell]));
    return file;
  };

  it.each([
    [['mpyfleet', ''], VERBS.map((v) => v.name)],
    [['mpyfleet', 'boo'], ['bootloader']],
    [
      ['mpyfleet', '-b', 'put', 're'],
      ['repl', 'reset'],
    ],
    [['mpyfleet', 'ls', '--rec'], ['--recursive']],
    [['mpyfleet', 'mip', 'ad'], ['adopt']],
    [['mpyfleet', 'put', 'a.py', ':', '+', 'res'], ['reset']],
    [['mpyfleet', 'put', 'a'], []], // files are the shell's own
    [['mpyfleet', 'exec', '--baud', ''], []],
  ])('in bash: %j', (words, expected) => {
    const code = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mpyfleet; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const out = execFileSync('bash', ['-c', code, 'bash', script('bash'), ...words]).toString();
    expect(out.split('\n').filter(Boolean).sort()).toEqual([...expected].sort());
  });

  it('in fish', async () => {
    const { fish = '' } = await ensure('shells');
    const complete = (line: string) =>
      execFileSync(
        fish,
        ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', script('fish'), line],
        {
          env: { PATH: process.env.PATH, HOME: tempDir('fish') },
        },
      )
        .toString()
        .split('\n')
        .filter(Boolean)
        .map((l) => l.split('\t')[0]);
    expect(complete('mpyfleet boo')).toEqual(['bootloader']);
    expect(complete('mpyfleet ls --rec')).toEqual(['--recursive']);
    expect(complete('mpyfleet mip ado')).toEqual(['adopt']);
  });

  it('in zsh', async () => {
    const { zsh = '' } = await ensure('shells');
    const load = `autoload -U compinit; compinit -D -u; source ${script('zsh')}; PS1='READ''Y> '\n`;
    const { screen } = await inTerminal(
      [zsh, '-f', '-i'],
      [
        ['\x1b[?2004h', load],
        ['READY> ', 'mpyfleet boo\t'],
        [/boo[^]*tloader/, '\x15mpyfleet ls --rec\t'],
        [/--rec[^]*ursive/, '\x15mpyfleet mip ado\t'],
        [/ado[^]*pt/, '\x15exit\n'],
      ],
      { HOME: tempDir('zsh') },
    );
    expect(screen).not.toMatch(/not found|error/);
  });

  it('for PowerShell names every command', () => {
    const text = execFileSync(program, ['completion', 'powershell']).toString();
    for (const { name } of VERBS) expect(text).toContain(`'${name}' = @(`);
    expect(text.split("'").length % 2).toBe(1);
  });
});
