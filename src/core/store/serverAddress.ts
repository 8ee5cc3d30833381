import * as l10n from '@vscode/l10n';
import { UsageError } from '../errors';

/** Address of a PostgreSQL server without a password, and the parts that a password belongs to. */
export interface ServerAddress {
  /** The text as written, without surrounding spaces. */
  readonly text: string;
  /** User, host and port. A password given for them is sent to no other server. */
  readonly login: string;
  /** Host and database, for messages. */
  readonly place: string;
}

/**
 * Reads `postgres://user@host:5432/database`.
 * @throws UsageError for anything else, and for an address that contains a password
 */
export function parseServer(address: string): ServerAddress {
  const text = address.trim();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !isPostgres(text) || url.hostname === '') {
    // The text is not repeated, because a mistyped address may contain a password.
    throw new UsageError(l10n.t('This is not the address of a PostgreSQL server'), {
      hint: l10n.t('Write it like postgres://user@host:5432/database.'),
    });
  }
  if (url.password !== '' || url.searchParams.has('password')) {
    throw new UsageError(l10n.t('The address of the PostgreSQL server contains a password'), {
      hint: l10n.t('Write the address without it. You are asked for the password separately.'),
    });
  }
  const host = `${url.hostname}:${url.port || '5432'}`;
  return { text, login: `${url.username}@${host}`, place: `${url.hostname}${url.pathname}` };
}

/** Returns whether the text is the address of a PostgreSQL server. It may contain a password. */
export function isPostgres(text: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(text);
}

/** Returns the address with a password. The result is a secret. */
export function withPassword({ text }: ServerAddress, password: string | undefined): string {
  if (password === undefined || password === '') return text;
  const url = new URL(text);
  url.password = encodeURIComponent(password);
  return url.href;
}
