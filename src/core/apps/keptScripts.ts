import * as l10n from '@vscode/l10n';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../errors';
import { isAbsent, orAbsent, replaceFile } from '../localFiles';
import { stateFolder } from '../packages';

/** A file's name that is the same on every computer and on boards. */
const NAME = /^[A-Za-z0-9_][\w.-]{0,63}\.py$/;

/** Scripts that the user keeps independently of a workspace: one folder for the window and the shell. */
export class KeptScripts {
  readonly folder: string;

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.folder = join(stateFolder(env), 'scripts');
  }

  /** The names of the scripts in alphabetical order, such as `water.py`. */
  async list(): Promise<readonly string[]> {
    const names = await orAbsent(readdir(this.folder), []);
    return names.filter((name) => NAME.test(name)).sort();
  }

  /** Gives the path of the script called `name`, whether or not it exists. @throws UsageError for an unusable name */
  path(name: string): string {
    if (NAME.test(name)) return join(this.folder, name);
    throw new UsageError(l10n.t('"{0}" is not a name for a script', name), {
      hint: l10n.t('Use letters, digits, "_", "-" and ".", and ".py" at the end.'),
    });
  }

  /** @throws UsageError when no script has this name */
  async read(name: string): Promise<Uint8Array> {
    try {
      return await readFile(this.path(name));
    } catch (error) {
      throw isAbsent(error) ? missing(name) : error;
    }
  }

  /** Keeps a script, in place of one with the same name. */
  async keep(name: string, content: Uint8Array): Promise<void> {
    await replaceFile(this.path(name), content, { mode: 0o600 });
  }

  /** @throws UsageError when no script has this name */
  async remove(name: string): Promise<void> {
    try {
      await rm(this.path(name));
    } catch (error) {
      throw isAbsent(error) ? missing(name) : error;
    }
  }
}

function missing(name: string): UsageError {
  return new UsageError(l10n.t('No script called {0} is kept', name), {
    hint: l10n.t('mpyfleet script list shows those that are.'),
  });
}
