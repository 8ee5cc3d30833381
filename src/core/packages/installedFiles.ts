import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { FleetError } from '../errors';
import { sha256 } from './fetcher';
import type { InstalledPackage } from './install';
import type { InstalledStore } from './installed';

type Env = Readonly<Record<string, string | undefined>>;

/** Where this computer remembers what it installed: the same for the command line and for VS Code. */
export function stateFolder(env: Env): string {
  const base = env.XDG_STATE_HOME ?? env.LOCALAPPDATA ?? join(homedir(), '.local', 'state');
  return join(base, 'micropython-fleet');
}

/** Where downloads are kept. */
export function cacheFolder(env: Env): string {
  const base = env.XDG_CACHE_HOME ?? env.LOCALAPPDATA ?? join(homedir(), '.cache');
  return join(base, 'micropython-fleet', 'packages');
}

/** One JSON file for each board, replaced as a whole. */
export class InstalledFiles implements InstalledStore {
  constructor(private readonly folder: string) {}

  async load(uid: string): Promise<readonly InstalledPackage[]> {
    const path = this.#path(uid);
    try {
      const json: unknown = JSON.parse(await readFile(path, 'utf8'));
      if (Array.isArray(json)) return json as InstalledPackage[]; // written by save
      throw new Error('no list');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw new BadRecordError(path, cause);
    }
  }

  async save(uid: string, packages: readonly InstalledPackage[]): Promise<void> {
    const path = this.#path(uid);
    if (packages.length === 0) {
      await rm(path, { force: true });
      return;
    }
    await mkdir(join(path, '..'), { recursive: true });
    const temporary = `${path}.${process.pid}.tmp`;
    await writeFile(temporary, JSON.stringify(packages, undefined, 1));
    await rename(temporary, path);
  }

  /** A board's uid is hexadecimal; an address (and whatever a board says in its place) becomes a safe name. */
  #path(uid: string): string {
    const name = /^[0-9a-f]{2,64}$/.test(uid) ? uid : sha256(Buffer.from(uid)).slice(0, 32);
    return join(this.folder, 'installed', `${name}.json`);
  }
}

/** The record of a board's packages cannot be read. */
export class BadRecordError extends FleetError {
  readonly code = 'badRecord';

  constructor(path: string, cause: unknown) {
    super('What was installed on this board cannot be read', {
      cause,
      hint: `Delete ${path} and install the packages again.`,
    });
  }
}
