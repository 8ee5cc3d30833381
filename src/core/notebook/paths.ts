import { boardPath } from '../files';
import type { MagicCall } from './magic';

/** Returns the current working directory on the notebook's board. */
export async function workingFolder({ kernel, signal }: Pick<MagicCall, 'kernel' | 'signal'>) {
  const code = 'import os\nprint(os.getcwd())\n';
  return (await kernel.ask(code, 'Asking for the working directory', signal)).trim() || '/';
}

/** Makes board paths absolute. The board is asked for its folder once if any path is relative. */
export async function boardPaths(
  call: Pick<MagicCall, 'kernel' | 'signal'>,
  paths: readonly string[],
): Promise<string[]> {
  const base = paths.every((p) => p.startsWith('/')) ? '/' : await workingFolder(call);
  return paths.map((path) => boardPath(normal(path.startsWith('/') ? path : `${base}/${path}`)));
}

/** Removes `.`, `..` and double slashes from a path. */
function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
