import type { BoardFiles } from '../boardFiles';
import { text, utf8 } from '../bytes';
import { agentFolderOf, isStartFile, mergeStartLines, type Split, splitStartLines } from '../files';
import type { LocalFs } from './localFs';
import { sha256 } from '../hash';
import type { LocalFile, LocalTree, RemoteTree, SyncRules } from './model';

/** The two sides of a plan, with the agent's start lines taken into account. */
export interface Sides {
  readonly local: LocalTree;
  readonly remote: RemoteTree;
  readonly rules: SyncRules;
}

/**
 * Adapts both sides of a plan, so that a sync keeps the lines that start the fleet agent. A pushed `main.py` without them gets them
 * from the board, one that differs only in them is up to date, and one that only the board has is not deleted. The board is asked
 * only if the agent is installed and such a file differs.
 */
export async function sidesWithStartLines(
  sides: Sides,
  files: BoardFiles,
  fs: LocalFs,
  signal?: AbortSignal,
): Promise<Sides> {
  const { local, remote, rules } = sides;
  const folders = new Set(remote.filter((e) => e.type === 'dir').map((e) => e.path));
  const replaced = new Map<string, LocalFile>();
  const kept = new Map<string, string>();
  for (const { path, size, type, sha256: hash } of remote) {
    if (type !== 'file' || !isStartFile(path) || !folders.has(agentFolderOf(path))) continue;
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

/** Returns `own` with the agent's lines restored at their place, unless it has such lines itself. */
function withLines(own: LocalFile, source: string, split: Split): LocalFile {
  const merged = mergeStartLines(source, split);
  if (merged === source) return own;
  const content = utf8(merged);
  return { ...own, content, size: content.length, sha256: sha256(content) };
}
