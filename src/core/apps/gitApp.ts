import * as l10n from '@vscode/l10n';
import { execFile } from 'node:child_process';
import { text } from '../bytes';
import { UsageError } from '../errors';
import { readTar } from '../packages';
import { BUILT_IN_RULES } from '../sync';
import { pack, type AppPackage } from './appSource';
import { MANIFEST } from './appManifest';

const MAX_ARCHIVE = 64 << 20;
/** Number of tags offered to the user. */
const MAX_TAGS = 50;
/** Matches a tag, a branch or a commit, and never an option of git. */
const REF = /^[A-Za-z0-9][\w./@{}^~+-]{0,199}$/;

/**
 * Reads an app from a tag, commit or branch of the folder's git repository.
 * @throws UsageError if git, the ref or the app in it does not exist
 */
export async function appFromGit(
  folder: string,
  ref: string,
  signal?: AbortSignal,
): Promise<AppPackage> {
  if (!REF.test(ref)) throw new UsageError(l10n.t('"{0}" is not a tag or commit', ref));
  const where = text(await git(folder, ['rev-parse', '--show-toplevel', '--show-prefix'], signal));
  const [top = folder, prefix = ''] = where.split(/\r?\n/);
  const tree = `${ref}:${prefix.replace(/\/$/, '')}`;
  const archive = await git(top, ['archive', '--format=tar', tree], signal);
  const files = new Map(
    readTar(archive).flatMap((e) => (e.type === 'file' ? [[e.path, e.content] as const] : [])),
  );
  if (!files.has(MANIFEST)) {
    throw new UsageError(l10n.t('{0} has no {1} in this folder', ref, MANIFEST));
  }
  const paths = [...files.keys()].filter((path) => !BUILT_IN_RULES.ignores(path, false));
  return pack(paths, (path) => Promise.resolve(files.get(path) ?? new Uint8Array()));
}

/**
 * Returns the tags of the folder's repository, newest first. Returns undefined without git, or
 * without a repository that has a commit.
 */
export async function gitTags(folder: string): Promise<readonly string[] | undefined> {
  try {
    await git(folder, ['rev-parse', '--verify', 'HEAD']);
    const tags = text(await git(folder, ['tag', '--list', '--sort=-creatordate']));
    return tags
      .split(/\r?\n/)
      .filter((tag) => REF.test(tag))
      .slice(0, MAX_TAGS);
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

function git(cwd: string, args: readonly string[], signal?: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    execFile(
      'git',
      [...args],
      { cwd, encoding: 'buffer', maxBuffer: MAX_ARCHIVE, ...(signal ? { signal } : {}) },
      (error, stdout, stderr) => {
        if (!error) resolve(stdout);
        else if (error.code === 'ENOENT') {
          reject(new UsageError(l10n.t('git is not installed on this computer'), { cause: error }));
        } else {
          const said = stderr.toString('utf8').trim().split('\n')[0] ?? '';
          reject(
            new UsageError(l10n.t('git could not read {0}: {1}', args.at(-1) ?? '', said), {
              hint: l10n.t('git tag and git log list the existing ones.'),
              cause: error,
            }),
          );
        }
      },
    );
  });
}
