import * as l10n from '@vscode/l10n';
import { UsageError } from '../errors';
import type { AgentControl } from './agentControl';
import type { BoardKey } from './agentKeys';
import { keyForRole } from './agentMacs';
import type { Role } from './agentProtocolSession';

/**
 * Returns the board's key for `role`, derived from the admin key, so nothing secret passes the
 * broker.
 * @param replace asked if the board was once given another key for that role, which was sent
 * unencrypted and now becomes invalid; the board restarts
 * @throws UsageError without the admin key; AgentRefusedError
 */
export async function sharedKey(
  control: AgentControl,
  admin: BoardKey | undefined,
  { uid, role }: { uid: string; role: Role },
  replace: () => Promise<boolean>,
  signal?: AbortSignal,
): Promise<BoardKey | undefined> {
  if (admin?.role !== 'admin') {
    throw new UsageError(
      l10n.t('This computer has no admin key for the board, which is needed to create others'),
      {
        hint: l10n.t('The computer that put the agent on the board has it.'),
      },
    );
  }
  const { keys } = await control.config(signal);
  if (Array.isArray(keys) && keys.includes(role)) {
    if (!(await replace())) return undefined;
    await control.configure({ keys: { [role]: null } }, { signal });
    await control.restart({ mode: 'hard' }, signal);
  }
  return { role, key: keyForRole(admin.key, uid, role) };
}
