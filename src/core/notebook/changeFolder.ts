import { PythonError } from '../errors';
import { pyRepr } from '../python/python';
import type { Session } from '../transport';
import type { CellOutput } from './output';

/** Changes to a folder. If it no longer exists, the cell runs in the board's current folder. */
export async function changeFolder(
  session: Session,
  path: string,
  signal: AbortSignal,
  output: CellOutput | undefined,
): Promise<void> {
  try {
    await session.exec(`import os\nos.chdir(${pyRepr(path)})\n`, { signal });
  } catch (error) {
    if (!(error instanceof PythonError)) throw error;
    output?.note(`${path} no longer exists on the board; the working directory is the root.\n`);
  }
}
