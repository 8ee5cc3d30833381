import { throwIfAborted } from '../async';
import { asError } from '../errors';
import { Minimatch } from 'minimatch';
import { baseName, boardPath, joinBoard } from './boardPath';
import { joinLocal } from './folderScan';
import { hostNames } from './hostNames';
import { sha256, type LocalFs } from './localFs';
import type { LocalFile, LocalTree, SyncProblem, SyncRules } from './model';

/** One source of an mqsync specification. */
export interface SpecItem {
  /** From 1. */
  readonly line: number;
  /** Folder on the board. */
  readonly target: string;
  /** Relative to the specification's folder; the last part may hold `*` and `?`. */
  readonly source: string;
  /** Relative to the target; undefined: by the source's name. */
  readonly name?: string;
  readonly policy?: LocalFile['policy'];
}

export interface Spec {
  readonly items: readonly SpecItem[];
  readonly problems: readonly SyncProblem[];
}

const POLICIES: Readonly<Record<string, LocalFile['policy']>> = {
  '--check-only': 'checkOnly',
  '--no-update': 'noUpdate',
  '--no-put': 'noUpdate',
};

/**
 * Reads mqboard's sync specification: a target folder and a colon at the beginning of a line, its sources on indented
 * lines below it, `folder: name name` or names alone; `a->b` renames; `#` begins a comment.
 */
export function parseSpec(text: string): Spec {
  const items: SpecItem[] = [];
  const problems: SyncProblem[] = [];
  let target: { path: string; policy: LocalFile['policy'] } | undefined;
  for (const [i, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.replace(/#.*/, '').trimEnd();
    const tell = (message: string) =>
      problems.push({ severity: 'error', path: `line ${i + 1}`, message });
    if (line === '') continue;
    if (!/^\s/.test(line)) target = parseTarget(line, tell);
    else if (!target) tell('There is no target folder above this line');
    else items.push(...parseSources(line, i + 1, target.path, target.policy, tell));
  }
  return { items, problems };
}

function parseTarget(line: string, tell: (message: string) => void) {
  const [first = '', ...options] = line.split(/\s+/);
  if (first === 'mpy-cross:' || options.includes('--mpy')) {
    tell('Compiling is not read from here; the files go as they are');
    if (first === 'mpy-cross:') return undefined;
  }
  if (!first.endsWith(':')) {
    tell('A target folder must be followed by a colon');
    return undefined;
  }
  try {
    const policy = options.map((option) => POLICIES[option]).find((p) => p !== undefined);
    return { path: boardPath(first.slice(0, -1)), policy };
  } catch (error) {
    tell(asError(error).message);
    return undefined;
  }
}

function parseSources(
  line: string,
  number: number,
  target: string,
  policy: LocalFile['policy'],
  tell: (message: string) => void,
): SpecItem[] {
  const words = line.trim().split(/\s+/);
  const folder = words[0]?.endsWith(':') ? words.shift()?.slice(0, -1).replace(/\/+$/, '') : '';
  const items: SpecItem[] = [];
  for (const word of words) {
    const [from = '', to] = word.split('->');
    if (to !== undefined && /[*?]/.test(from)) {
      tell(`"${from}" stands for several files, which cannot all be renamed to "${to}"`);
      continue;
    }
    const source = folder ? `${folder}/${from}` : from;
    // A path below the source folder keeps its folders on the board; one that leads elsewhere keeps its name alone.
    const plain = from.replace(/^(\.\/)+/, '');
    const name = to ?? (plain.split('/').includes('..') ? baseName(plain) : plain);
    items.push({ line: number, target, source, name, policy });
  }
  return items;
}

/** The files of a specification in `folder`, read and hashed. */
export async function specTree(
  spec: Spec,
  fs: LocalFs,
  folder: string,
  signal?: AbortSignal,
): Promise<LocalTree> {
  const files = new Map<string, LocalFile>();
  const problems = [...spec.problems];
  for (const item of spec.items) {
    throwIfAborted(signal);
    const found = await expand(item, fs, folder);
    const missing = (message: string) =>
      problems.push({ severity: 'error', path: `line ${item.line}`, message });
    if (found.length === 0) missing(`"${item.source}" does not exist`);
    for (const { local, name } of found) {
      const content = await fs.read(local);
      const board = joinBoard(item.target, name);
      const { policy } = item;
      const { length: size } = content;
      files.set(board, { board, local, size, sha256: sha256(content), policy });
    }
  }
  return { files: [...files.values()], dirs: [], problems };
}

async function expand(
  item: SpecItem,
  fs: LocalFs,
  folder: string,
): Promise<{ local: string; name: string }[]> {
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

/** `/a/b/../c` -> `/a/c`. Specifications name folders beside their own, and are run because the user says so. */
function resolveDots(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** A specification never deletes, and takes nothing back that it does not name. */
export function specRules(tree: LocalTree, host = hostNames()): SyncRules {
  const locals = new Map(tree.files.map(({ board, local }) => [board, local]));
  const folders = tree.files.map(({ board }) => board.slice(0, board.lastIndexOf('/')) || '/');
  return {
    roots: [...new Set(folders)],
    isHidden: (path, isDir) => !isDir && !locals.has(path),
    isProtected: () => true,
    localPathOf: (path) => locals.get(path),
    host,
  };
}
