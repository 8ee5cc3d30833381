import { boardTopics, computerTopics, type AccountTopics } from '../../core/broker/accessRules';
import type { ControlCommand } from '../../transports/mqtt';

// Requests to mosquitto's dynamic security plug-in, as its documentation describes them (mosquitto.org, "Dynamic Security").

/** Prefixes of the roles that this product creates. It changes no others. */
const BOARD = 'mpy-board-';
const COMPUTER = 'mpy-computer';

/** Whose account it is. A board logs in with its unique id. */
export type AccountKind = 'board' | 'person';

/**
 * Returns the role that holds an account's rights. Each board has its own, all computers share one.
 */
export function roleOf(kind: AccountKind, name: string): string {
  return kind === 'board' ? BOARD + name : COMPUTER;
}

/** Returns whether this product created a role. */
export function isOwnRole(role: string): boolean {
  return role === COMPUTER || role.startsWith(BOARD);
}

/**
 * Creates the role and the account.
 * @param isNew whether each does not exist yet; existing ones are changed
 */
export function accountCommands(
  account: { readonly kind: AccountKind; readonly name: string; readonly password: string },
  isNew: { readonly role: boolean; readonly client: boolean },
  root?: string,
): readonly ControlCommand[] {
  const { kind, name, password } = account;
  const rolename = roleOf(kind, name);
  const topics = kind === 'board' ? boardTopics(name, root) : computerTopics(root);
  return [
    { command: isNew.role ? 'createRole' : 'modifyRole', rolename, acls: rights(topics) },
    {
      command: isNew.client ? 'createClient' : 'modifyClient',
      username: name,
      password,
      roles: [{ rolename }],
    },
  ];
}

/** Deletes an account and, for a board, its role. Its connections end at once. */
export function removeCommands(name: string, role: string | undefined): readonly ControlCommand[] {
  const own = role?.startsWith(BOARD) ? [{ command: 'deleteRole', rolename: role }] : [];
  return [{ command: 'deleteClient', username: name }, ...own];
}

/**
 * Returns the rights of an account. The plug-in refuses everything else, except that messages of
 * subscriptions arrive.
 */
function rights({ writes, reads }: AccountTopics): readonly object[] {
  return [
    ...writes.map((topic) => ({ acltype: 'publishClientSend', topic, allow: true })),
    ...reads.map((topic) => ({ acltype: 'subscribePattern', topic, allow: true })),
    ...reads.map((topic) => ({ acltype: 'publishClientReceive', topic, allow: true })),
  ];
}
