import * as l10n from '@vscode/l10n';
import { inLanes, throwIfAborted } from '../async';
import { hasBom } from '../bytes';
import { IgnoreRules, VENV_MARK } from './ignoreRules';
import { OutsideError, type LocalFs } from './localFs';
import { sha256 } from '../hash';
import { forFile, placesOf, type Mapping } from './mapping';
import type { LocalFile, LocalTree, SyncProblem } from './model';

/** The user's ignore rules for a folder and everything below it. */
export const IGNORE_FILE = '.mpyignore';

/** Limit of the depth: a deeper tree is a mistake, such as a loop of links on a network drive. */
const MAX_DEPTH = 40;

/** Number of files read at the same time: reading a small file takes several system calls, each in a thread of its own. */
const READ_AT_ONCE = 16;

/** The user's settings for one workspace folder. */
export interface FolderRules {
  readonly mappings: readonly Mapping[];
  /** Built-in rules, then those of the settings. `.mpyignore` files take precedence over both. */
  readonly ignores: IgnoreRules;
}

/** The files of a workspace folder that belong on the board. */
export interface FolderScan {
  readonly tree: LocalTree;
  readonly mappings: readonly Mapping[];
  /** All rules, including those of `.mpyignore` files, by path relative to the workspace folder. */
  readonly ignores: IgnoreRules;
}

/** Determines for each mapping whether it is a file, a folder or missing. */
export function resolveMappings(
  fs: LocalFs,
  folder: string,
  mappings: readonly Mapping[],
): Promise<Mapping[]> {
  return Promise.all(
    mappings.map(async (mapping) => {
      const found = await fs.stat(joinLocal(folder, mapping.from));
      if (!found) return { ...mapping, missing: true };
      return found.type === 'file' ? forFile(mapping) : mapping;
    }),
  );
}

/** Reads and hashes the files of `folder` that the mappings cover. Ignored files are not read. */
export async function scanFolder(
  fs: LocalFs,
  folder: string,
  rules: FolderRules,
  signal?: AbortSignal,
): Promise<FolderScan> {
  const { mappings } = rules;
  const scan = new Scan(fs, folder, rules.ignores, signal);
  // The folder itself may not exist yet: a pull creates it.
  for (const { from } of mappings.filter((m) => m.missing && m.from !== '')) {
    const message = l10n.t('A sync mapping names "{0}", which does not exist in the folder', from);
    scan.problems.push({ severity: 'warning', path: from, message });
  }
  // A folder inside another mapped folder is read together with it.
  const tops = [...new Set(mappings.map((m) => m.from))].filter(
    (from) => !mappings.some((m) => m.from !== from && covers(m.from, from)),
  );
  for (const from of tops) await scan.top(from);
  return { tree: place(scan, mappings, folder), mappings, ignores: scan.ignores };
}

function covers(outer: string, inner: string): boolean {
  return outer === '' || inner.startsWith(`${outer}/`);
}

/** Returns the rules for one path: the given ones and those of `.mpyignore` files in the folders above it. */
export async function ignoresFor(
  fs: LocalFs,
  folder: string,
  ignores: IgnoreRules,
  relative: string,
): Promise<IgnoreRules> {
  const scan = new Scan(fs, folder, ignores, undefined);
  await scan.readIgnoreFilesAbove(relative);
  return scan.ignores;
}

/** The properties of a file that was read. */
interface ReadFile {
  readonly size: number;
  readonly sha256: string;
  readonly hasBom: boolean;
}

/** One pass over a folder. Paths are relative to it. */
class Scan {
  readonly files = new Map<string, { size: number; sha256: string }>();
  readonly dirs: string[] = [];
  readonly problems: SyncProblem[] = [];

  constructor(
    private readonly fs: LocalFs,
    private readonly folder: string,
    public ignores: IgnoreRules,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** Starts at a mapped folder or file. Rules in the folders above it apply as well. */
  async top(from: string): Promise<void> {
    await this.readIgnoreFilesAbove(from);
    const found = await this.fs.stat(joinLocal(this.folder, from));
    if (!found) return;
    if (found.type === 'dir') await this.walk(from, 0);
    else this.take(from, (await this.readAll([from])).get(from));
  }

  async readIgnoreFilesAbove(path: string): Promise<void> {
    const parts = path === '' ? [] : path.split('/');
    for (let depth = 0; depth < parts.length; depth++) {
      await this.readIgnoreFile(parts.slice(0, depth).join('/'));
    }
  }

  private async walk(dir: string, depth: number): Promise<void> {
    throwIfAborted(this.signal);
    if (depth > MAX_DEPTH) {
      this.skip(dir, l10n.t('is more than {0} folders deep', MAX_DEPTH));
      return;
    }
    await this.readIgnoreFile(dir);
    const entries = (await this.fs.list(joinLocal(this.folder, dir))) ?? [];
    if (dir !== '' && entries.some(({ name }) => name === VENV_MARK)) {
      this.dirs.splice(this.dirs.indexOf(dir), 1);
      return;
    }
    const wanted = entries
      .map(({ name, type }) => ({ path: dir === '' ? name : `${dir}/${name}`, type }))
      .filter(({ path, type }) => !this.ignores.ignores(path, type === 'dir' || type === 'link'));
    const files = wanted.filter(({ type }) => type === 'file').map(({ path }) => path);
    const read = await this.readAll(files);
    for (const { path, type } of wanted) {
      if (type === 'link') this.skip(path, l10n.t('is a link to a folder, which is not followed'));
      else if (type === 'other') this.skip(path, l10n.t('is neither a file nor a folder'));
      else if (type === 'file') this.take(path, read.get(path));
      else {
        this.dirs.push(path);
        await this.walk(path, depth + 1);
      }
    }
  }

  /** Reads files, some at a time. A link out of the folder is missing in the result. */
  private async readAll(paths: readonly string[]): Promise<Map<string, ReadFile>> {
    const read = new Map<string, ReadFile>();
    await inLanes(paths, READ_AT_ONCE, async (path) => {
      throwIfAborted(this.signal);
      const content = await this.readInside(path);
      if (!content) return;
      read.set(path, { size: content.length, sha256: sha256(content), hasBom: hasBom(content) });
    });
    return read;
  }

  private take(path: string, read: ReadFile | undefined): void {
    if (!read) {
      this.skip(path, l10n.t('is a link to a place outside this folder'));
      return;
    }
    const { size, sha256, hasBom } = read;
    if (hasBom && path.endsWith('.py')) {
      const message = l10n.t(
        '{0} begins with a byte order mark, so a board cannot run it: save it as UTF-8 without BOM',
        path,
      );
      this.problems.push({ severity: 'warning', path, message });
    }
    this.files.set(path, { size, sha256 });
  }

  /** Returns undefined for a link out of the folder. */
  private async readInside(path: string): Promise<Uint8Array | undefined> {
    try {
      return await this.fs.read(joinLocal(this.folder, path));
    } catch (error) {
      if (error instanceof OutsideError) return undefined;
      throw error;
    }
  }

  private async readIgnoreFile(dir: string): Promise<void> {
    const path = joinLocal(this.folder, dir === '' ? IGNORE_FILE : `${dir}/${IGNORE_FILE}`);
    if ((await this.fs.stat(path))?.type !== 'file') return;
    const lines = new TextDecoder().decode(await this.fs.read(path));
    this.ignores = this.ignores.and(IgnoreRules.parse(lines, dir));
  }

  private skip(path: string, why: string): void {
    this.problems.push({ severity: 'warning', path, message: `${path} ${why}; it is left out` });
  }
}

/** Places every file at all its mapped paths. If two files map to the same path, the later mapping wins. */
function place(scan: Scan, mappings: readonly Mapping[], folder: string): LocalTree {
  const problems = [...scan.problems];
  const byPlace = new Map<string, LocalFile>();
  for (const mapping of mappings) {
    for (const [relative, found] of scan.files) {
      for (const board of placesOf([mapping], relative)) {
        const local = joinLocal(folder, relative);
        const earlier = byPlace.get(board);
        if (earlier && earlier.local !== local && !mapping.replaces) {
          const message = `${board} comes from ${earlier.local} and from ${local}; the latter is used`;
          problems.push({ severity: 'warning', path: board, message });
        }
        byPlace.set(board, { board, local, ...found });
      }
    }
  }
  const dirs = [...new Set(scan.dirs.flatMap((dir) => placesOf(mappings, dir)))];
  return { files: [...byPlace.values()], dirs, problems };
}

/** Joins a local folder and a relative path. */
export function joinLocal(folder: string, relative: string): string {
  if (relative === '') return folder;
  return folder.endsWith('/') ? folder + relative : `${folder}/${relative}`;
}
