import * as l10n from '@vscode/l10n';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../errors';
import { isAbsent, orAbsent, replaceFile } from '../localFiles';
import { stateFolder } from '../packages';

/** File names that are valid on every computer and on boards. */
const NAME = /^[A-Za-z0-9_][\w.-]{0,63}\.py$/;

/** Scripts that the user keeps outside of any workspace. Window and shell share one folder. */
export class KeptScripts {
  readonly folder: string;

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.folder = join(stateFolder(env), 'scripts');
  }

  /** Returns the names of the scripts, such as `water.py`, in alphabetical order. */
  async list(): Promise<readonly string[]> {
    const names = await orAbsent(readdir(this.folder), []);
    return names.filter((name) => NAME.test(name)).sort();
  }

  /**
   * Returns the path of the script `name`, whether or not it exists.
   * @throws UsageError for an invalid name
   */
  path(name: string): string {
    if (NAME.test(name)) return join(this.folder, name);
    throw new UsageError(l10n.t('"{0}" is not a name for a script', name), {
      hint: l10n.t('Use letters, digits, "_", "-" and ".", and ".py" at the end.'),
    });
  }

  /** Reads a script. @throws UsageError when no script has this name */
  async read(name: string): Promise<Uint8Array> {
    try {
      return await readFile(this.path(name));
    } catch (error) {
      throw isAbsent(error) ? missing(name) : error;
    }
  }

  /** Saves a script. Replaces one with the same name. */
  async keep(name: string, content: Uint8Array): Promise<void> {
    await replaceFile(this.path(name), content, { mode: 0o600 });
  }

  /** Deletes a script. @throws UsageError when no script has this name */
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
    hint: l10n.t('mpyfleet script list shows the kept scripts.'),
  });
}
