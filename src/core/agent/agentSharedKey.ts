import type { BoardFiles } from '../boardFiles';
import { parseJson } from '../json';
import type { AgentControl } from './agentControl';
import { AGENT_CONFIG } from './agentInstall';
import { newBoardKey, parseKey, type BoardKey } from './agentKeys';
import type { Role } from './agentProtocolSession';

/** Keys that a board knows, by what they allow (docs/protocol.md section 4). */
async function keysOn(files: BoardFiles, signal?: AbortSignal): Promise<Record<string, unknown>> {
  const { keys } = parseJson(await files.read(AGENT_CONFIG, { signal }));
  return typeof keys === 'object' && keys !== null ? { ...keys } : {};
}

/**
 * The key that a board has for `role`; undefined where it has none.
 * @throws FileError, AgentRefusedError for those who are not its admins, UsageError when what stands there is no key
 */
export async function keyOnBoard(
  files: BoardFiles,
  role: Role,
  signal?: AbortSignal,
): Promise<BoardKey | undefined> {
  const key = (await keysOn(files, signal))[role];
  return typeof key === 'string' ? parseKey(`${role}:${key}`) : undefined;
}

/**
 * Gives a board one more key, for `role`, and restarts it: it reads its keys when it starts. The others stay.
 * @throws FileError, AgentRefusedError
 */
export async function addKey(
  files: BoardFiles,
  control: AgentControl,
  role: Role,
  signal?: AbortSignal,
): Promise<BoardKey> {
  const added: BoardKey = { role, key: newBoardKey() };
  const hex = Buffer.from(added.key).toString('hex');
  await control.configure({ keys: { ...(await keysOn(files, signal)), [role]: hex } }, signal);
  await control.restart({ mode: 'hard' }, signal);
  return added;
}
