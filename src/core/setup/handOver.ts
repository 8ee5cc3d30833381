import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import * as l10n from '@vscode/l10n';
import { type BoardKey, checkPassphrase, openKeys, sealKeys } from '../agent';
import { Queue } from '../async';
import { asError, UsageError } from '../errors';
import { orAbsent, replaceFile } from '../localFiles';

/** The keys of boards for the owner of their broker, in a file that is sealed with a passphrase. */
export class HandOver {
  readonly #writes = new Queue();

  private constructor(
    readonly path: string,
    private readonly passphrase: string,
    private readonly ring: Map<string, BoardKey>,
  ) {}

  /** Returns the path of the file. @param base path of all lists of the template, without their endings */
  static fileFor(base: string): string {
    return `${base}.handover.keys`;
  }

  /**
   * Opens the file, or checks that one can be made, before a board is changed.
   * @throws UsageError if the passphrase is too short, or is not that of the existing file
   */
  static async open(path: string, passphrase: string): Promise<HandOver> {
    checkPassphrase(passphrase);
    try {
      const sealed = await orAbsent(readFile(path, 'utf8'), undefined);
      const ring = sealed === undefined ? [] : await openKeys(sealed, passphrase);
      return new HandOver(path, passphrase, new Map(ring));
    } catch (cause) {
      throw new UsageError(l10n.t('{0} cannot be read: {1}', path, asError(cause).message), {
        hint: l10n.t(
          'It has the keys of the boards that were made before. Give the same passphrase, or move the file away.',
        ),
        cause,
      });
    }
  }

  /** Adds a board's admin key. The file is replaced as a whole and only its user can read it. */
  add(uid: string, key: Uint8Array): Promise<void> {
    return this.#writes.run(async () => {
      this.ring.set(uid, { role: 'admin', key });
      await replaceFile(this.path, await sealKeys(this.ring, this.passphrase), { mode: 0o600 });
    });
  }
}

/** Adds a board's key to the file. @returns a remark for the record */
export async function handOverKey(file: HandOver, uid: string, key: Uint8Array): Promise<string> {
  await file.add(uid, key);
  return l10n.t('Its key is in {0}, sealed', basename(file.path));
}
