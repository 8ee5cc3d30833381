import type { BoardFiles, WalkEntry } from '../boardFiles';
import { fileText } from '../bytes';
import type { LocalFile, LocalTree } from '../sync';
import { removeIfThere } from '../files';
import { sha256 } from '../hash';
import type { TargetBoard } from './model';
import { canCompileFor, compileMpy, type MpyCross } from './mpyCross';

/** Returns the path of a file's compiled form. Undefined if it is not compiled: it is not Python, or the board runs it as source. */
export function compiledPath(path: string): string | undefined {
  if (!path.endsWith('.py') || /(^|\/)(main|boot)\.py$/.test(path)) return undefined;
  return path.replace(/\.py$/, '.mpy');
}

/**
 * Prepares a file for a board when uploads are compiled: source becomes .mpy if the board loads this version of bytecode. Code
 * that asks for machine code stays source. Tracebacks show the path of the source.
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
  const mpy = await compileMpy(source, fileText(content), board, mpyCross);
  return mpy ? { path: target, content: mpy } : { path, content };
}

/** Compiles one file of a tree; returns it unchanged if it remains source. */
export type CompileFile = (
  file: LocalFile,
) => Promise<{ readonly path: string; readonly content: Uint8Array } | undefined>;

/** Returns the tree that a sync compares with the board, with .mpy instead of source. */
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
      if (file.compile && compiledPath(file.board) !== undefined) {
        const message = `${file.board} stays source: this board does not load what would be compiled here, or the code asks for machine code`;
        problems.push({ severity: 'warning', path: file.board, message });
      }
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

/** Removes the source of an earlier upload after a compiled file was uploaded, because the board would import the source. */
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
