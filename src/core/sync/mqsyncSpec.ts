import * as l10n from '@vscode/l10n';
import { throwIfAborted } from '../async';
import { asError, UsageError } from '../errors';
import { Minimatch } from 'minimatch';
import { baseName, boardPath, joinBoard } from './boardPath';
import { joinLocal } from './folderScan';
import { hostNames } from '../files';
import type { LocalFs } from './localFs';
import { sha256 } from '../hash';
import type { LocalFile, LocalTree, SyncProblem, SyncRules } from './model';

/** One source of an mqsync specification. */
export interface SpecItem {
  /** Line number, counted from 1. */
  readonly line: number;
  /** Folder on the board. */
  readonly target: string;
  /** Relative to the specification's folder; the last part may contain `*` and `?`. */
  readonly source: string;
  /** Name relative to the target. Default: the source's name. */
  readonly name?: string;
  readonly policy?: LocalFile['policy'];
  /** The source is compiled to .mpy: `--mpy` after the target, or a rename to a .mpy name. */
  readonly compile?: boolean;
}

/** A parsed specification, and its problems. */
export interface Spec {
  readonly items: readonly SpecItem[];
  readonly problems: readonly SyncProblem[];
}

/** A target folder with the options after it. */
interface Target {
  readonly path: string;
  readonly policy: LocalFile['policy'];
  readonly compile: boolean;
}

const POLICIES: Readonly<Record<string, LocalFile['policy']>> = {
  '--check-only': 'checkOnly',
  '--no-update': 'noUpdate',
  '--no-put': 'noUpdate',
};

/**
 * Parses mqboard's sync specification: a target folder and a colon at the beginning of a line, its sources on indented lines below
 * it, `folder: name name` or only names; `a->b` renames; `#` starts a comment. `--mpy` behind a target compiles its sources, with
 * the bundled compiler: a line `mpy-cross: PATH` is skipped, because a path that came with a repository must not be run.
 */
export function parseSpec(text: string): Spec {
  const items: SpecItem[] = [];
  const problems: SyncProblem[] = [];
  let target: Target | undefined;
  for (const [i, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.replace(/#.*/, '').trimEnd();
    const tell = (message: string) =>
      problems.push({ severity: 'error', path: `line ${i + 1}`, message });
    if (line === '' || /^mpy-cross:(\s|$)/.test(line)) continue;
    if (!/^\s/.test(line)) target = parseTarget(line, tell);
    else if (!target) tell(l10n.t('This line needs a target folder above it'));
    else items.push(...parseSources(line, i + 1, target, tell));
  }
  return { items, problems };
}

function parseTarget(line: string, tell: (message: string) => void): Target | undefined {
  const [first = '', ...options] = line.split(/\s+/);
  if (!first.endsWith(':')) {
    tell(l10n.t('A target folder must be followed by a colon'));
    return undefined;
  }
  for (const option of options) {
    if (option !== '--mpy' && !Object.hasOwn(POLICIES, option))
      tell(l10n.t('"{0}" is not an option', option));
  }
  try {
    const policy = options.map((option) => POLICIES[option]).find((p) => p !== undefined);
    return { path: boardPath(first.slice(0, -1)), policy, compile: options.includes('--mpy') };
  } catch (error) {
    tell(asError(error).message);
    return undefined;
  }
}

function parseSources(
  line: string,
  number: number,
  { path: target, policy, compile }: Target,
  tell: (message: string) => void,
): SpecItem[] {
  const words = line.trim().split(/\s+/);
  const folder = words[0]?.endsWith(':') ? words.shift()?.slice(0, -1).replace(/\/+$/, '') : '';
  const items: SpecItem[] = [];
  for (const word of words) {
    const [from = '', to] = word.split('->');
    if (to !== undefined && /[*?]/.test(from)) {
      tell(
        l10n.t('"{0}" stands for several files, which cannot all be renamed to "{1}"', from, to),
      );
      continue;
    }
    const source = folder ? `${folder}/${from}` : from;
    // As in mqsync, a file that is not renamed goes directly into the target folder.
    const given = to ?? baseName(from);
    const toMpy = given.endsWith('.mpy') && !from.endsWith('.mpy');
    if (toMpy && !from.endsWith('.py')) {
      tell(
        l10n.t(
          '"{0}" is not Python and cannot be compiled to be "{1}": it is left out',
          from,
          given,
        ),
      );
      continue;
    }
    // The plan names compiled files; which ones a board can load is known only when it is asked.
    const name = toMpy ? given.replace(/\.mpy$/, '.py') : given;
    if (!isBelow(target, name)) {
      tell(l10n.t('"{0}" leads outside {1}', name, target));
      continue;
    }
    const more = compile || toMpy ? { compile: true } : {};
    items.push({ line: number, target, source, name, policy, ...more });
  }
  return items;
}

function isBelow(target: string, name: string): boolean {
  try {
    joinBoard(target, name);
    return true;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

/** A file that a specification names: its local path, and its name below the item's target. */
interface Found {
  readonly local: string;
  readonly name: string;
}

/** Finds the files that a specification names, without reading them, by the rules of {@link specTree}. */
export async function specFiles(
  spec: Spec,
  fs: LocalFs,
  folder: string,
  others: readonly string[] = [],
): Promise<string[]> {
  const found = await findAll(spec, fs, [folder, ...others]);
  return found.flatMap(({ files }) => files.map(({ local }) => local));
}

/** Finds the files of every item in the first of `folders` that has any. */
async function findAll(
  spec: Spec,
  fs: LocalFs,
  folders: readonly string[],
): Promise<{ item: SpecItem; files: Found[] }[]> {
  const all: { item: SpecItem; files: Found[] }[] = [];
  for (const item of spec.items) {
    let files: Found[] = [];
    for (const folder of folders) if (files.length === 0) files = await expand(item, fs, folder);
    all.push({ item, files });
  }
  return all;
}

/**
 * Reads and hashes the files of a specification: from its own `folder`, or else from `others`, such as the workspace folder (mqsync
 * uses the folder in which it is started).
 */
export async function specTree(
  spec: Spec,
  fs: LocalFs,
  folder: string,
  signal?: AbortSignal,
  others: readonly string[] = [],
): Promise<LocalTree> {
  const files = new Map<string, LocalFile>();
  const problems = [...spec.problems];
  for (const { item, files: found } of await findAll(spec, fs, [folder, ...others])) {
    throwIfAborted(signal);
    const missing = (message: string) =>
      problems.push({ severity: 'error', path: `line ${item.line}`, message });
    if (found.length === 0) missing(l10n.t('"{0}" does not exist', item.source));
    for (const { local, name } of found) {
      const content = await fs.read(local);
      const board = joinBoard(item.target, name);
      const { policy, compile } = item;
      const { length: size } = content;
      const more = compile ? { compile } : {};
      files.set(board, { board, local, size, sha256: sha256(content), policy, ...more });
    }
  }
  return { files: [...files.values()], dirs: [], problems };
}

async function expand(item: SpecItem, fs: LocalFs, folder: string): Promise<Found[]> {
  const local = resolveDots(joinLocal(folder, item.source));
  const name = item.name ?? baseName(item.source);
  if (!/[*?]/.test(item.source)) {
    return (await fs.stat(local))?.type === 'file' ? [{ local, name }] : [];
  }
  const above = local.slice(0, local.lastIndexOf('/'));
  const matcher = new Minimatch(baseName(local), { nobrace: true, noext: true, nonegate: true });
  const entries = (await fs.list(above)) ?? [];
  const place = name.includes('/') ? name.slice(0, name.lastIndexOf('/') + 1) : '';
  return entries
    .filter((entry) => entry.type === 'file' && matcher.match(entry.name))
    .map((entry) => ({ local: joinLocal(above, entry.name), name: place + entry.name }));
}

/** Resolves `/a/b/../c` to `/a/c`. Specifications may name folders outside their own; the user has chosen to run them. */
function resolveDots(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/**
 * Returns the rules of a specification: it never deletes files, and pulls only the files it names.
 */
export function specRules(tree: LocalTree, host = hostNames()): SyncRules {
  const locals = new Map(tree.files.map(({ board, local }) => [board, local]));
  // Its compiled form is compared as well, but never pulled into the source.
  const compiled = new Set(tree.files.map(({ board }) => board.replace(/\.py$/, '.mpy')));
  const folders = tree.files.map(({ board }) => board.slice(0, board.lastIndexOf('/')) || '/');
  return {
    roots: [...new Set(folders)],
    isHidden: (path, isDir) => !isDir && !locals.has(path) && !compiled.has(path),
    isProtected: () => true,
    localPathOf: (path) => locals.get(path),
    host,
  };
}
