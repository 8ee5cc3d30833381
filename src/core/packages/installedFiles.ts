import * as l10n from '@vscode/l10n';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FleetError } from '../errors';
import { isAbsent, replaceFile } from '../localFiles';
import { sha256 } from '../hash';
import type { InstalledPackage } from './fetchPackages';
import type { InstalledStore } from './installed';
import { pypiName } from './spec';

/** Keeps one JSON file for each board and replaces it as a whole. */
export class InstalledFiles implements InstalledStore {
  constructor(private readonly folder: string) {}

  async load(uid: string): Promise<readonly InstalledPackage[]> {
    const path = this.#path(uid);
    try {
      const json: unknown = JSON.parse(await readFile(path, 'utf8'));
      if (Array.isArray(json)) return (json as InstalledPackage[]).map(normal); // Only `save` writes these files.
      throw new Error('no list');
    } catch (cause) {
      if (isAbsent(cause)) return [];
      throw new BadRecordError(path, cause);
    }
  }

  async save(uid: string, packages: readonly InstalledPackage[]): Promise<void> {
    const path = this.#path(uid);
    if (packages.length === 0) {
      await rm(path, { force: true });
      return;
    }
    await replaceFile(path, JSON.stringify(packages, undefined, 1));
  }

  /**
   * Returns the path of a board's file. A uid is hexadecimal; any other text, such as an address, is turned
   * into a safe file name.
   */
  #path(uid: string): string {
    const name = /^[0-9a-f]{2,64}$/.test(uid) ? uid : sha256(Buffer.from(uid)).slice(0, 32);
    return join(this.folder, 'installed', `${name}.json`);
  }
}

/** Normalises ids: earlier versions kept the dots of a PyPI project's name. */
function normal(p: InstalledPackage): InstalledPackage {
  const id = (text: string) =>
    text.startsWith('pypi:') ? `pypi:${pypiName(text.slice('pypi:'.length))}` : text;
  return { ...p, id: id(p.id), needs: p.needs.map(id) };
}

/** The record of a board's packages cannot be read. */
export class BadRecordError extends FleetError {
  readonly code = 'badRecord';

  constructor(path: string, cause: unknown) {
    super(l10n.t('The list of packages on this board cannot be read'), {
      cause,
      hint: l10n.t('Delete {0} and install the packages again.', path),
    });
  }
}
