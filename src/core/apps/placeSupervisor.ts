import type { BoardFiles } from '../boardFiles';
import { isMissing } from '../files';
import { sha256 } from '../hash';
import { appsFolder } from './boardNote';
import type { Supervisor } from './deploy';
import { startFromMain } from './startFromMain';

/**
 * Writes the files of the supervisor to a board that has other ones or none, and its start to
 * main.py.
 * @returns whether anything was written
 */
export async function placeSupervisor(
  files: BoardFiles,
  supervisor: Supervisor,
  signal?: AbortSignal,
): Promise<boolean> {
  const options = signal ? { signal } : {};
  const root = await appsFolder(files, signal);
  const there = new Map<string, string | undefined>();
  try {
    for (const e of await files.walk(root, { hash: true, ...options })) there.set(e.path, e.sha256);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const missing = [...supervisor].flatMap(([name, content]) => {
    const path = `${root}/${name}`;
    return there.get(path) === sha256(content) ? [] : [{ path, content }];
  });
  await startFromMain(files, signal);
  await files.writeMany(missing, options);
  return missing.length > 0;
}
