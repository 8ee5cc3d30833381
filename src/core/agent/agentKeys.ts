import { randomBytes } from 'node:crypto';
import type { Role } from './agentProtocolSession';
import { UsageError } from '../errors';

/** A board's key and what it allows. */
export interface BoardKey {
  readonly role: Role;
  readonly key: Uint8Array;
}

const KEY_BYTES = 32;
const ROLES: readonly Role[] = ['viewer', 'operator', 'admin'];

/** A fresh key. */
export function newBoardKey(): Uint8Array {
  return randomBytes(KEY_BYTES);
}

/** A key as text, to be kept or handed on: `admin:` and 64 hex characters. Secret. */
export function keyText({ role, key }: BoardKey): string {
  return `${role}:${Buffer.from(key).toString('hex')}`;
}

/** Reads {@link keyText}. @throws UsageError, without the text itself in it */
export function parseKey(text: string): BoardKey {
  const [, role, hex = ''] = /^(?:(\w+):)?([0-9a-f]+)$/i.exec(text.trim()) ?? [];
  const known = ROLES.find((r) => r === (role ?? 'admin').toLowerCase());
  if (!known || hex.length !== 2 * KEY_BYTES) {
    throw new UsageError('That is no key of a board', {
      hint: 'A key looks like admin:… with 64 hexadecimal digits after the colon.',
    });
  }
  return { role: known, key: Buffer.from(hex, 'hex') };
}
