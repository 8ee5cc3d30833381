import * as l10n from '@vscode/l10n';
import { randomBytes } from 'node:crypto';
import type { Role } from './agentProtocolSession';
import { UsageError } from '../errors';

/** A board's key and what it allows. */
export interface BoardKey {
  readonly role: Role;
  /** Whose key it is; undefined for the key of a role, which several people may have. */
  readonly name?: string | undefined;
  readonly key: Uint8Array;
}

/** Names of people in keys that a board accepts. */
const NAME = /^[a-z][\w.-]{0,23}$/i;

/** Returns the board's name for the key: its role, or `operator:ann`. */
export function keyLabel({ role, name }: Pick<BoardKey, 'role' | 'name'>): string {
  return name === undefined ? role : `${role}:${name}`;
}

/**
 * Returns the name of a key if it is valid.
 * @throws UsageError if it cannot be the name of a person in a key
 */
export function checkKeyName(name: string): string {
  if (NAME.test(name)) return name;
  throw new UsageError(l10n.t('"{0}" cannot be the name of a key', name), {
    hint: l10n.t(
      'Use up to 24 letters, digits, dots, dashes and underscores, and begin with a letter.',
    ),
  });
}

const KEY_BYTES = 32;
/** All roles, the least first: the order of the tags in a signed message. */
export const ROLES: readonly Role[] = ['viewer', 'operator', 'admin'];

/** Generates a new key. */
export function newBoardKey(): Uint8Array {
  return randomBytes(KEY_BYTES);
}

/**
 * Returns a key as text, for storage or export: `admin:` or `admin:ann:`, and 64 hex characters.
 * Secret.
 */
export function keyText(key: BoardKey): string {
  return `${keyLabel(key)}:${Buffer.from(key.key).toString('hex')}`;
}

/** Parses {@link keyText}. @throws UsageError, which does not quote the text */
export function parseKey(text: string): BoardKey {
  const [, role, name, hex = ''] =
    /^(?:(\w+):(?:([\w.-]+):)?)?([0-9a-f]+)$/i.exec(text.trim()) ?? [];
  const known = ROLES.find((r) => r === (role ?? 'admin').toLowerCase());
  const isNamed = name === undefined || NAME.test(name);
  if (!known || !isNamed || hex.length !== 2 * KEY_BYTES) {
    throw new UsageError(l10n.t('This is not a key of a board'), {
      hint: l10n.t('A key looks like admin:… with 64 hexadecimal digits after the colon.'),
    });
  }
  return { role: known, ...(name === undefined ? {} : { name }), key: Buffer.from(hex, 'hex') };
}
