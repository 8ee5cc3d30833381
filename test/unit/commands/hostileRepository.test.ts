/** What a folder made by someone else cannot do through the commands of the window. */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { UsageError } from '../../../src/core/errors';
import type { Call } from '../../../src/commands/types';
import type { ViewContext } from '../../../src/views/context';
import { removeTempDirs, tempDir } from '../../lab/paths.mjs';

const workspace = { isTrusted: false };
const asked: { prompt: string; value: string }[] = [];
let typed: string | undefined;

vi.mock('vscode', () => ({
  l10n: { t: (text: string) => text },
  workspace,
  window: {
    showInputBox: ({ prompt = '', value = '' }) => {
      asked.push({ prompt, value });
      return Promise.resolve(typed ?? value);
    },
    showQuickPick: (items: readonly { ref: string }[]) => Promise.resolve(items.at(-1)),
  },
}));
const { askVersion } = await import('../../../src/commands/apps/askVersion');
const { appFromGit } = await import('../../../src/core/apps');
const { SetupSecrets } = await import('../../../src/commands/setup/secrets');

afterAll(removeTempDirs);

describe('a git repository', () => {
  it('runs none of its own programs before the folder is trusted', async () => {
    const folder = tempDir('repository');
    const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, stdio: 'pipe' });
    git('init', '-q');
    writeFileSync(join(folder, 'app.json'), '{}');
    writeFileSync(join(folder, '.gitattributes'), '*.json filter=evil\n');
    git('add', '-A');
    git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'x');
    git('tag', 'v1');
    const marker = join(folder, 'ran');
    git('config', 'filter.evil.smudge', `touch ${marker}; cat`);
    const uri = { fsPath: folder } as never;
    workspace.isTrusted = false;
    expect(await askVersion(uri, 'which?')).toBe('');
    expect(existsSync(marker)).toBe(false);
    // Trusted, it offers its tags, and git does what the repository says.
    workspace.isTrusted = true;
    expect(await askVersion(uri, 'which?')).toBe('v1');
    await appFromGit(folder, 'v1').catch((error: unknown) => {
      expect(error).toBeInstanceOf(UsageError);
    });
    expect(existsSync(marker)).toBe(true);
  });
});

describe('a board template', () => {
  const kept = new Map<string, string>();
  const secrets = {
    get: (key: string) => Promise.resolve(kept.get(key)),
    store: (key: string, value: string) => Promise.resolve(void kept.set(key, value)),
  };
  const context = { extension: { secrets } } as unknown as ViewContext;
  const call = { ask: (question: () => unknown) => Promise.resolve(question()) } as Call;
  const of = (folder: string) => new SetupSecrets(context, call, folder);

  beforeEach(() => {
    asked.splice(0);
    kept.clear();
  });

  it('of another folder gets a secret only once the user has confirmed it', async () => {
    typed = 'hunter2';
    expect(await of('/home/ann/shop').get('wifi')).toBe('hunter2');
    typed = undefined;
    expect(await of('/home/ann/shop').get('wifi')).toBe('hunter2');
    expect(asked).toHaveLength(1);
    expect(await of('/home/ann/cloned').get('wifi')).toBe('hunter2');
    expect(asked).toHaveLength(2);
    expect(asked[1]?.prompt).toContain('It was entered for a template of another folder');
    expect(await of('/home/ann/cloned').get('wifi')).toBe('hunter2');
    expect(asked).toHaveLength(2);
  });

  it('keeps secrets of two folders apart', async () => {
    typed = 'one';
    await of('/a').get('wifi');
    typed = 'two';
    await of('/b').get('wifi');
    expect(await of('/a').get('wifi')).toBe('one');
    expect(await of('/b').get('wifi')).toBe('two');
  });
});
