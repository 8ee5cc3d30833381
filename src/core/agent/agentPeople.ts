import * as l10n from '@vscode/l10n';
import { ConnectionLostError, TimeoutError, UsageError } from '../errors';
import type { AgentControl } from './agentControl';
import { keyLabel, newBoardKey, ROLES, type BoardKey } from './agentKeys';
import { keyForRole } from './agentMacs';
import type { Role } from './agentProtocolSession';

/** The number of a key, from which it is derived: seconds since 2020. It rises with every renewal and stays below 2^30. */
const NUMBERS_SINCE = Date.UTC(2020, 0) / 1000;

/** A key that a board has: of a role, or of a person with that role. */
export interface Grant {
  readonly role: Role;
  readonly name?: string;
}

/** A key for one board. `left`: the board is not connected and will receive the key from its broker. */
export interface Given {
  readonly key: BoardKey;
  readonly how: 'set' | 'left';
}

/**
 * Returns the keys with access to a board, from its reported configuration. The keys of the roles
 * always exist.
 */
export function grantsOf(config: Readonly<Record<string, unknown>>): readonly Grant[] {
  const labels: readonly unknown[] = Array.isArray(config.keys) ? config.keys : [];
  const people = labels.flatMap((label): Grant[] => {
    if (typeof label !== 'string') return [];
    const [role, name] = label.split(':', 2);
    const known = ROLES.find((r) => r === role);
    return known && name !== undefined ? [{ role: known, name: name.slice(0, 24) }] : [];
  });
  return [...ROLES.map((role): Grant => ({ role })), ...people];
}

/**
 * Gives a person a new key on a board. An earlier one with the same role becomes invalid. With the
 * board's own admin key nothing secret is sent, so a board that is away can get the key from its
 * broker later.
 * @throws UsageError without an admin key, or with the admin key of a person for a board that is
 * away
 */
export async function giveKey(
  control: AgentControl,
  own: BoardKey | undefined,
  to: { readonly uid: string; readonly role: Role; readonly name: string },
  signal?: AbortSignal,
): Promise<Given> {
  if (own?.role !== 'admin') throw noAdminKey();
  const { uid, role, name } = to;
  const label = keyLabel({ role, name });
  if (own.name !== undefined) {
    if (!control.birth) throw notThere();
    const key = newBoardKey();
    await control.configure({ keys: { [label]: Buffer.from(key).toString('hex') } }, { signal });
    return { key: { role, name, key }, how: 'set' };
  }
  const n = Math.floor(Date.now() / 1000) - NUMBERS_SINCE;
  const key = { role, name, key: keyForRole(own.key, uid, `${label}:${n}`) };
  return { key, how: await setKeys(control, { [label]: n }, signal) };
}

/**
 * Revokes a person's keys on a board, in every role. Open sessions with them end.
 * @throws UsageError without an admin key
 */
export async function revokePerson(
  control: AgentControl,
  own: BoardKey | undefined,
  name: string,
  signal?: AbortSignal,
): Promise<'set' | 'left'> {
  if (own?.role !== 'admin') throw noAdminKey();
  const labels = ROLES.map((role) => keyLabel({ role, name }));
  return setKeys(control, Object.fromEntries(labels.map((label) => [label, null])), signal);
}

/**
 * Gives a board a new admin key of its own. Every key derived from the old one becomes invalid:
 * those of roles and of people.
 * @param keep stores the new key before the board has it: an interruption must not lose it
 * @throws UsageError for a board that is away, because keys are only sent sealed
 */
export async function renewAdminKey(
  control: AgentControl,
  own: BoardKey | undefined,
  keep: (key: BoardKey) => Promise<void>,
  signal?: AbortSignal,
): Promise<BoardKey> {
  if (own?.role !== 'admin') throw noAdminKey();
  if (!control.birth) throw notThere();
  const key: BoardKey = { role: 'admin', key: newBoardKey() };
  const hex = Buffer.from(key.key).toString('hex');
  await control.config(signal); // it still accepts only the old key
  await keep(key);
  try {
    await control.configure({ keys: { admin: hex, viewer: null, operator: null } }, { signal });
  } catch (error) {
    // If the board refused, it has the old key. Without an answer it may have either, so both are kept.
    const isOpen = error instanceof ConnectionLostError || error instanceof TimeoutError;
    if (!isOpen) await keep(own);
    throw error;
  }
  return key;
}

async function setKeys(
  control: AgentControl,
  keys: Readonly<Record<string, number | null>>,
  signal?: AbortSignal,
): Promise<'set' | 'left'> {
  if (!control.birth) {
    await control.desire({ keys });
    return 'left';
  }
  await control.configure({ keys }, { signal });
  return 'set';
}

function noAdminKey(): UsageError {
  return new UsageError(l10n.t('This computer has no admin key for the board'), {
    hint: l10n.t('Keys are given and revoked with the admin key. Import it, or ask who has it.'),
  });
}

function notThere(): UsageError {
  return new UsageError(
    l10n.t('The board is away, and this key can be changed only while it is connected'),
    {
      hint: l10n.t('Nothing was changed. Try again when the board is back.'),
    },
  );
}
