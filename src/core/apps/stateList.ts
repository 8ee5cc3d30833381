import * as l10n from '@vscode/l10n';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UsageError } from '../errors';
import { isAbsent, replaceFile } from '../localFiles';
import { stateFolder } from '../packages';

/**
 * A list that belongs to the user, in a JSON file that is always replaced as a whole. Window and
 * shell share the folder.
 */
export class StateList<T> {
  readonly path: string;

  /** @param check throws if an entry is damaged */
  constructor(
    env: Readonly<Record<string, string | undefined>>,
    name: string,
    private readonly check: (row: T) => void,
  ) {
    this.path = join(stateFolder(env), name);
  }

  /**
   * Reads the list; empty if the file does not exist.
   * @throws UsageError for a damaged file: only the user can repair it
   */
  async read(): Promise<readonly T[]> {
    try {
      const rows: unknown = JSON.parse(await readFile(this.path, 'utf8'));
      if (!Array.isArray(rows)) throw new Error('it is not a list');
      for (const row of rows as T[]) this.check(row);
      return rows as T[];
    } catch (cause) {
      if (isAbsent(cause)) return [];
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new UsageError(l10n.t('{0} cannot be read: {1}', this.path, why), {
        hint: l10n.t('Correct the file, or delete it and add its entries again.'),
        cause,
      });
    }
  }

  /**
   * Reads, changes and writes the list. If two processes do so within the same milliseconds, the
   * later one wins.
   */
  async change(work: (all: readonly T[]) => readonly T[]): Promise<void> {
    const all = work(await this.read());
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    await replaceFile(this.path, `${JSON.stringify(all, undefined, 2)}\n`, { mode: 0o600 });
  }
}
