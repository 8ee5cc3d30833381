import * as l10n from '@vscode/l10n';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../errors';
import { orAbsent, replaceFile } from '../localFiles';
import { parseFileUrl } from './fileUrl';
import { stateFolder } from './stateFolder';
import { isRecord } from '../json';

/** An address that the user has saved. */
export interface SavedUrl {
  readonly name: string;
  /** As {@link parseFileUrl} takes it, with its SHA-256. */
  readonly url: string;
  /** The place on boards; one that ends in `/` is a folder. */
  readonly to?: string;
}

const NAME = /^[\w.-]{1,64}$/;

/** Addresses that the user has saved, independent of a workspace, in one file for the window and the shell. */
export class SavedUrls {
  readonly #file: string;

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#file = join(stateFolder(env), 'urls.json');
  }

  /** Returns the saved addresses. @throws UsageError when the file is damaged */
  async list(): Promise<readonly SavedUrl[]> {
    const text = await orAbsent(readFile(this.#file, 'utf8'), '{}');
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (cause) {
      throw this.#damaged(cause);
    }
    if (!isRecord(json)) throw this.#damaged();
    return Object.entries(json).map(([name, entry]) => {
      const { url, to } = (entry ?? {}) as { url?: unknown; to?: unknown };
      if (!NAME.test(name) || typeof url !== 'string') throw this.#damaged();
      return { name, url, ...(typeof to === 'string' ? { to } : {}) };
    });
  }

  /** Returns the address saved under this name. @throws UsageError when no address has this name */
  async get(name: string): Promise<SavedUrl> {
    const found = (await this.list()).find((saved) => saved.name === name);
    if (found) return found;
    throw new UsageError(l10n.t('No address called {0} is saved', name), {
      hint: l10n.t('mpyfleet url list shows the saved addresses.'),
    });
  }

  /** Saves an address, in place of one with the same name. @throws UsageError for an unusable name or address */
  async save(saved: SavedUrl): Promise<void> {
    if (!NAME.test(saved.name)) {
      throw new UsageError(l10n.t('"{0}" is not a name for an address', saved.name), {
        hint: l10n.t('Use letters, digits, "_", "-" and ".".'),
      });
    }
    parseFileUrl(saved.url);
    const others = (await this.list()).filter(({ name }) => name !== saved.name);
    await this.#write([...others, saved].sort((a, b) => (a.name < b.name ? -1 : 1)));
  }

  /** Deletes the address saved under this name. @throws UsageError when no address has this name */
  async forget(name: string): Promise<void> {
    await this.get(name);
    await this.#write((await this.list()).filter((saved) => saved.name !== name));
  }

  /** Writes the file so that only the user can read it, because an address can contain a token. */
  #write(all: readonly SavedUrl[]): Promise<void> {
    const json = Object.fromEntries(all.map(({ name, ...entry }) => [name, entry]));
    return replaceFile(this.#file, `${JSON.stringify(json, undefined, 2)}\n`, { mode: 0o600 });
  }

  #damaged(cause?: unknown): UsageError {
    return new UsageError(l10n.t('{0} is damaged', this.#file), {
      hint: l10n.t('Repair or delete it; it holds the addresses that you have saved.'),
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
