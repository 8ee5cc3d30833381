import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileText } from '../../core/bytes';
import { asError, UsageError } from '../../core/errors';
import { orAbsent, replaceFile } from '../../core/localFiles';
import type { Cli } from '../cli';
import { configHome } from '../configHome';

/** Boards at brokers that the user does not want to see, by unique id. */
export interface IgnoredBoards {
  all(): Promise<ReadonlySet<string>>;
  set(uids: readonly string[], isIgnored: boolean): Promise<void>;
}

/** Returns those of the window, or of `ignored.json` in the user's configuration. */
export function ignoredBoards({ window, env }: Pick<Cli, 'window' | 'env'>): IgnoredBoards {
  if (window) return window.ignored;
  return new IgnoredFile(join(configHome(env), 'micropython-fleet', 'ignored.json'));
}

class IgnoredFile implements IgnoredBoards {
  constructor(private readonly path: string) {}

  /** Returns the uids of the ignored boards. @throws UsageError for a file that cannot be read */
  async all(): Promise<ReadonlySet<string>> {
    try {
      const content = await orAbsent(readFile(this.path), undefined);
      if (content === undefined) return new Set();
      const uids: unknown = JSON.parse(fileText(content));
      if (Array.isArray(uids)) return new Set(uids.filter((u) => typeof u === 'string'));
      throw new Error('it is not a list');
    } catch (cause) {
      throw new UsageError(`${this.path} cannot be read: ${asError(cause).message}`, { cause });
    }
  }

  async set(uids: readonly string[], isIgnored: boolean): Promise<void> {
    const next = new Set(await this.all());
    for (const uid of uids) {
      if (isIgnored) next.add(uid);
      else next.delete(uid);
    }
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    await replaceFile(this.path, `${JSON.stringify([...next], undefined, 2)}\n`);
  }
}
