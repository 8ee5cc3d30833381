import type { BoardFiles } from '../boardFiles';
import { text, utf8 } from '../bytes';
import { sha256, type LocalFs } from './localFs';
import type { LocalFile, LocalTree, RemoteTree, SyncRules } from './model';

/** The files that a board runs by itself; the fleet agent adds the lines to one of them that start it. */
const STARTED = ['/boot.py', '/main.py'];
const AGENT = '/mpyfleet';

/** Where the agent's own block begins and ends; without such comments, every line that names it is its own. */
const BEGIN = /^\s*#.*\bmpyfleet\b.*(begin|>>>)/i;
const END = /^\s*#.*\bmpyfleet\b.*(end|<<<)/i;
const OWN = /\bmpyfleet\b/;

/** What a plan is made from, with the agent's start lines taken care of. */
export interface Sides {
  readonly local: LocalTree;
  readonly remote: RemoteTree;
  readonly rules: SyncRules;
}

/**
 * Keeps the lines that start the fleet agent: a `main.py` that is pushed without them gets them from the board, one that
 * differs in nothing else is up to date, and one that only the board has is not deleted. Asks the board only where the
 * agent is installed and such a file differs.
 */
export async function keepStartLines(
  sides: Sides,
  files: BoardFiles,
  fs: LocalFs,
  signal?: AbortSignal,
): Promise<Sides> {
  const { local, remote, rules } = sides;
  if (!remote.some((entry) => entry.path === AGENT && entry.type === 'dir')) return sides;
  const replaced = new Map<string, LocalFile>();
  const kept = new Map<string, string>();
  for (const { path, size, type, sha256: hash } of remote) {
    if (type !== 'file' || !STARTED.includes(path)) continue;
    const own = local.files.find((file) => file.board === path);
    if (own?.size === size && own.sha256 === hash) continue;
    const there = await files.read(path, { signal });
    const split = splitStartLines(text(there));
    if (split.lines === '') continue;
    kept.set(path, sha256(there));
    if (own) replaced.set(path, withLines(own, text(await fs.read(own.local)), split));
  }
  if (kept.size === 0) return sides;
  const merged = local.files.map((file) => replaced.get(file.board) ?? file);
  const known = remote.map((e) => ({ ...e, sha256: kept.get(e.path) ?? e.sha256 }));
  const isProtected: SyncRules['isProtected'] = (path, isDir) =>
    kept.has(path) || rules.isProtected(path, isDir);
  return { local: { ...local, files: merged }, remote: known, rules: { ...rules, isProtected } };
}

interface Split {
  readonly lines: string;
  /** The lines stood before everything else. */
  readonly first: boolean;
}

/** The agent's lines of a start file, as they stand there. Exported for its test. */
export function splitStartLines(source: string): Split {
  const all = source.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const begin = all.findIndex((line) => BEGIN.test(line));
  const end = all.findIndex((line, i) => i > begin && END.test(line));
  const isOwn = (line: string, i: number) =>
    begin >= 0 && end >= 0 ? i >= begin && i <= end : OWN.test(line);
  const lines = all.filter(isOwn);
  return { lines: lines.join(''), first: lines.length > 0 && all.findIndex(isOwn) === 0 };
}

/** `own` with the agent's lines put back where they stood, unless it brings lines of its own. */
function withLines(own: LocalFile, source: string, split: Split): LocalFile {
  const merged = merge(source, split);
  if (merged === source) return own;
  const content = utf8(merged);
  return { ...own, content, size: content.length, sha256: sha256(content) };
}

function merge(source: string, { lines, first }: Split): string {
  if (lines === '' || splitStartLines(source).lines !== '') return source;
  if (first) return (lines.endsWith('\n') ? lines : `${lines}\n`) + source;
  return source + (source === '' || source.endsWith('\n') ? '' : '\n') + lines;
}

/** What a single start file becomes when `source` is written over it; other files are left as they are. */
export async function keepInFile(
  path: string,
  source: Uint8Array,
  files: BoardFiles,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  if (!STARTED.includes(path)) return source;
  const split = splitStartLines(text(await files.read(path, { signal })));
  const own = text(source);
  const merged = merge(own, split);
  return merged === own ? source : utf8(merged);
}
