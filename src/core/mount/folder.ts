import type { Stats } from 'node:fs';
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join, sep } from 'node:path';
import { validText } from '../bytes';
import { fileProblem, hostNames, nameProblem } from '../files';
import { MOST_BODY, Refusal } from './protocol';

/** Files that are open on the board at the same time. Programs forget to close them, so the oldest are forgotten here. */
const MOST_OPEN = 256;
/** Listings that boards are in the middle of, and names of one that are looked at. */
const MOST_LISTINGS = 8;
const MOST_NAMES = 20_000;
/** Where links of a path are not followed. Windows knows no such flag. */
const NO_FOLLOW = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW;
const HOST = hostNames();

interface OpenFile {
  /** On the board. */
  readonly parts: readonly string[];
  readonly writes: boolean;
  readonly appends: boolean;
}

interface Entry {
  readonly name: string;
  readonly stats: Stats;
}

/**
 * A folder of this computer as a board sees it. Nothing outside of it is reachable: `..` ends at the
 * folder, and symbolic links that lead out of it are refused. Without `writes`, it cannot be
 * changed.
 */
export class MountedFolder {
  readonly #open = new Map<number, OpenFile>();
  readonly #listings = new Map<string, readonly Entry[]>();
  #lastId = 0;

  private constructor(
    private readonly root: string,
    private readonly writes: boolean,
  ) {}

  /** @throws Error of node:fs if `path` is not a folder */
  static async at(path: string, writes: boolean): Promise<MountedFolder> {
    const root = await fs.realpath(path);
    if (!(await fs.stat(root)).isDirectory()) throw new Refusal('ENOTDIR');
    return new MountedFolder(root, writes);
  }

  async stat(path: Uint8Array): Promise<Stats> {
    return fs.stat(await this.#existing(partsOf(path)));
  }

  /** Returns the canonical path of a folder, with a slash at its end. */
  async folder(path: Uint8Array): Promise<string> {
    const parts = partsOf(path);
    const stats = await fs.stat(await this.#existing(parts));
    if (!stats.isDirectory()) throw new Refusal('ENOTDIR');
    return parts.map((p) => `/${p}`).join('') + '/';
  }

  /** Lists a folder from its entry number `from` on, in a stable order: it is read again only for 0. */
  async list(path: Uint8Array, from: number): Promise<readonly Entry[]> {
    const parts = partsOf(path);
    const key = parts.join('/');
    const known = from > 0 ? this.#listings.get(key) : undefined;
    const all = known ?? (await this.#read(parts));
    this.#listings.delete(key);
    if (from < all.length) this.#listings.set(key, all);
    const [oldest] = this.#listings.keys();
    if (this.#listings.size > MOST_LISTINGS && oldest !== undefined) this.#listings.delete(oldest);
    return all.slice(from);
  }

  async #read(parts: readonly string[]): Promise<Entry[]> {
    const names = await fs.readdir(await this.#existing(parts));
    const entries: Entry[] = [];
    for (const name of names.sort().slice(0, MOST_NAMES)) {
      // Names that the board could not ask for, links to elsewhere and special files do not exist for it.
      if (name.includes('\ufffd') || nameProblem(name, HOST)?.severity === 'error') continue;
      try {
        const stats = await fs.stat(await this.#existing([...parts, name]));
        if (stats.isFile() || stats.isDirectory()) entries.push({ name, stats });
      } catch {
        continue; // it is gone, or leads out of the folder
      }
    }
    return entries;
  }

  /** Opens a file as Python's open() does. @returns its number */
  async open(path: Uint8Array, mode: string): Promise<number> {
    const [, kind = '', plus] = /^([rwax])[bt]?(\+?)[bt]?$/.exec(mode) ?? [];
    if (kind === '') throw new Refusal('EINVAL');
    const parts = partsOf(path);
    const writes = kind !== 'r' || plus === '+';
    const real = writes ? await this.#changed(parts) : await this.#existing(parts);
    const flags = {
      r: 0,
      w: constants.O_CREAT | constants.O_TRUNC,
      a: constants.O_CREAT,
      x: constants.O_CREAT | constants.O_EXCL,
    }[kind as 'r' | 'w' | 'a' | 'x'];
    await this.#isOrdinary(real, kind === 'r');
    const file = await fs.open(real, (writes ? constants.O_RDWR : 0) | flags | NO_FOLLOW);
    await file.close();
    this.#lastId = (this.#lastId % 0xffff) + 1;
    this.#open.delete(this.#lastId);
    this.#open.set(this.#lastId, { parts, writes, appends: kind === 'a' });
    const [oldest] = this.#open.keys();
    if (this.#open.size > MOST_OPEN && oldest !== undefined) this.#open.delete(oldest);
    return this.#lastId;
  }

  async size(id: number): Promise<number> {
    return (await fs.stat(await this.#existing(this.#opened(id).parts))).size;
  }

  async read(id: number, from: number, most: number): Promise<Uint8Array> {
    const real = await this.#existing(this.#opened(id).parts);
    await this.#isOrdinary(real, true);
    const file = await fs.open(real, constants.O_RDONLY | NO_FOLLOW);
    try {
      const left = Math.max(0, (await file.stat()).size - from);
      const buffer = Buffer.alloc(Math.min(left, most, MOST_BODY));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  /** Writes at a position, or at the end of a file that was opened to append. @returns the position after it */
  async write(id: number, at: number, data: Uint8Array): Promise<number> {
    const { parts, writes, appends } = this.#opened(id);
    if (!writes) throw new Refusal('EBADF');
    const real = await this.#changed(parts);
    await this.#isOrdinary(real, true);
    const file = await fs.open(real, constants.O_RDWR | NO_FOLLOW);
    try {
      const position = appends ? (await file.stat()).size : at;
      await file.write(data, 0, data.length, position);
      return position + data.length;
    } finally {
      await file.close();
    }
  }

  async remove(path: Uint8Array): Promise<void> {
    const real = await this.#entry(partsOf(path));
    if ((await fs.lstat(real)).isDirectory()) throw new Refusal('EISDIR');
    await fs.unlink(real);
  }

  async rmdir(path: Uint8Array): Promise<void> {
    await fs.rmdir(await this.#entry(partsOf(path)));
  }

  async mkdir(path: Uint8Array): Promise<void> {
    await fs.mkdir(await this.#entry(partsOf(path)));
  }

  async rename(from: Uint8Array, to: Uint8Array): Promise<void> {
    await fs.rename(await this.#entry(partsOf(from)), await this.#entry(partsOf(to)));
  }

  async space(): Promise<readonly [size: number, all: number, free: number]> {
    const { bsize, blocks, bavail } = await fs.statfs(this.root);
    return [bsize, blocks, this.writes ? bavail : 0];
  }

  #opened(id: number): OpenFile {
    const file = this.#open.get(id);
    if (!file) throw new Refusal('EBADF');
    this.#open.delete(id);
    this.#open.set(id, file);
    return file;
  }

  /** Returns the real path of what exists. @throws Refusal EACCES if it is outside of the folder */
  async #existing(parts: readonly string[]): Promise<string> {
    const real = await fs.realpath(join(this.root, ...parts));
    if (real !== this.root && !real.startsWith(this.root.replace(/[\\/]$/, '') + sep)) {
      throw new Refusal('EACCES');
    }
    return real;
  }

  /** Returns the path of an entry that may be created or removed: its folder is real, its last part is not followed. */
  async #entry(parts: readonly string[]): Promise<string> {
    if (!this.writes) throw new Refusal('EROFS');
    const name = parts.at(-1);
    if (name === undefined) throw new Refusal('EACCES');
    if (fileProblem(parts.join('/'), HOST)?.severity === 'error') throw new Refusal('EACCES');
    return join(await this.#existing(parts.slice(0, -1)), name);
  }

  /** Returns the real path of a file that is created or changed. A link is followed only if its target exists here. */
  async #changed(parts: readonly string[]): Promise<string> {
    const entry = await this.#entry(parts);
    try {
      await fs.lstat(entry);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return entry;
      throw error;
    }
    const real = await this.#existing(parts);
    if (
      fileProblem(real.slice(this.root.length).split(sep).join('/'), HOST)?.severity === 'error'
    ) {
      throw new Refusal('EACCES');
    }
    return real;
  }

  /** Opening a pipe or a device could wait for ever. */
  async #isOrdinary(path: string, mustExist: boolean): Promise<void> {
    try {
      const stats = await fs.lstat(path);
      if (stats.isDirectory()) throw new Refusal('EISDIR');
      if (!stats.isFile()) throw new Refusal('EACCES');
    } catch (error) {
      if (mustExist || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/** Splits a path of the board. @throws Refusal if it leads out of the folder, or this computer has no such name */
function partsOf(path: Uint8Array): string[] {
  const words = validText(path);
  if (words === undefined) throw new Refusal('ENOENT');
  const parts: string[] = [];
  for (const part of words.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (parts.pop() === undefined) throw new Refusal('EACCES');
    } else if (nameProblem(part, HOST)?.severity === 'error') {
      throw new Refusal('ENOENT');
    } else parts.push(part);
  }
  return parts;
}
