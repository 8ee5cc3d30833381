import type { BoardFiles } from '../boardFiles';
import { text, utf8 } from '../bytes';
import { AGENT_FOLDER, isMissing, MAIN_FILE, orIfMissing, splitStartLines, under } from '../files';
import { withAppLines } from './startBlock';

/**
 * Makes main.py of a board without the agent start the supervisor. The agent needs no such lines.
 */
export async function startFromMain(files: BoardFiles, signal?: AbortSignal): Promise<void> {
  const options = signal ? { signal } : {};
  const { home } = await files.places(signal);
  const path = under(home, MAIN_FILE);
  const main = text(await orIfMissing(files.read(path, options), new Uint8Array()));
  const hasAgent =
    splitStartLines(main).lines !== '' && (await isThere(files, under(home, AGENT_FOLDER)));
  const wanted = withAppLines(main, !hasAgent);
  if (wanted === main) return;
  await files.write(path, utf8(wanted), { asGiven: true, ...options });
}

async function isThere(files: BoardFiles, path: string): Promise<boolean> {
  try {
    await files.stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
