import type { BoardFiles, WalkEntry } from '../boardFiles';
import { text } from '../bytes';
import type { LocalFile, LocalTree } from '../sync/model';
import { removeIfThere } from './boardTree';
import { sha256 } from './fetcher';
import type { TargetBoard } from './model';
import { canCompileFor, compileMpy, type MpyCross } from './mpyCross';

/** Where the compiled form of a file goes; undefined for what stays as it is: no Python, or run by the board as source. */
export function compiledPath(path: string): string | undefined {
  if (!path.endsWith('.py') || /(^|\/)(main|boot)\.py$/.test(path)) return undefined;
  return path.replace(/\.py$/, '.mpy');
}

/**
 * A file as it goes onto a board when uploads are compiled: source becomes .mpy where the board loads what is made here, but
 * stays source where it asks for machine code.
 * Tracebacks show the path of the source.
 * @param path on the board
 * @throws CompileError naming `path` and the line
 */
export async function compileForBoard(
  path: string,
  content: Uint8Array,
  board: TargetBoard,
  mpyCross: MpyCross,
): Promise<{ readonly path: string; readonly content: Uint8Array }> {
  const target = compiledPath(path);
  if (target === undefined || !canCompileFor(board)) return { path, content };
  const source = path.replace(/^\//, '');
  const mpy = await compileMpy(source, text(content), board, mpyCross);
  return mpy ? { path: target, content: mpy } : { path, content };
}

/** Compiles one file of a tree; gives it back as it is where it stays source. */
export type CompileFile = (
  file: LocalFile,
) => Promise<{ readonly path: string; readonly content: Uint8Array } | undefined>;

/** The tree that a sync compares with the board: with .mpy in place of source. What the board has keeps being source is told. */
export async function compileTree(
  tree: LocalTree,
  remote: readonly WalkEntry[],
  compile: CompileFile,
): Promise<LocalTree> {
  const files: LocalFile[] = [];
  const problems = [...tree.problems];
  const there = new Set(remote.map((entry) => entry.path));
  for (const file of tree.files) {
    const made = await compile(file);
    if (!made || made.path === file.board) {
      files.push(file);
      continue;
    }
    const { path: board, content } = made;
    files.push({ ...file, board, content, size: content.length, sha256: sha256(content) });
    if (there.has(file.board)) {
      const message = `${file.board} is on the board too, which takes it in place of ${board}; delete it there, or mirror`;
      problems.push({ severity: 'warning', path: file.board, message });
    }
  }
  return { ...tree, files, problems };
}

/** After compiled files were uploaded: the source of an earlier upload would be taken in their place, and goes. */
export async function removeSources(
  files: BoardFiles,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  if (paths.length === 0) return;
  const hashes = await files.hash(paths, signal);
  for (const [i, path] of paths.entries()) {
    if (hashes[i] !== undefined) await removeIfThere(files, path);
  }
}
