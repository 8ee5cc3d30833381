import type { Board } from '../../core/board';
import type { Needs } from '../context';

/** Key of the workspace's state: the boards whose sync the user has seen and applied here. */
const KEY = 'mpyFleet.sync.previewed';

/** Returns whether the user's setting allows a push to `board` without a preview. */
export function isPreviewed(
  { settings, extension }: Needs<'extension' | 'settings'>,
  board: Board,
): boolean {
  const when = settings.get('sync.preview');
  if (when !== 'firstTime') return when === 'never';
  return extension.workspaceState.get<string[]>(KEY, []).includes(board.uid ?? board.id);
}

/** Notes that a sync of `board` was applied here, so its destinations are known. */
export async function notePreviewed(
  { extension }: Needs<'extension'>,
  board: Board,
): Promise<void> {
  const known = extension.workspaceState.get<string[]>(KEY, []);
  const id = board.uid ?? board.id;
  if (!known.includes(id)) await extension.workspaceState.update(KEY, [...known, id]);
}
