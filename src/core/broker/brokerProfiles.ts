import * as l10n from '@vscode/l10n';
import type { BrokerProfile, Encryption } from './broker';
import { UsageError } from '../errors';
import { LOCAL_BROKER_ID } from './localBroker';
import { record } from '../json';

const SCHEMES = ['mqtt:', 'mqtts:', 'ws:', 'wss:'];
const OPTIONAL = [
  'boardUrl',
  'root',
  'username',
  'caFile',
  'certFile',
  'keyFile',
  'legacyPrefix',
  'clientId',
] as const;

export const ENCRYPTION: readonly Encryption[] = ['off', 'preferred', 'required'];

/** Describes what is wrong with a broker's address; undefined if it is valid. */
export function brokerUrlProblem(text: string): string | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return l10n.t('Write it like mqtt://host:1883, mqtts://host:8883 or wss://host/mqtt.');
  }
  if (!SCHEMES.includes(url.protocol) || url.hostname === '') {
    return l10n.t('It begins with mqtt://, mqtts://, ws:// or wss:// and names a host.');
  }
  if (hasLogin(url)) {
    return l10n.t(
      'You are asked for the user name and password separately, because the address is stored in the settings.',
    );
  }
  return undefined;
}

/** Returns whether an address contains a user name or a password. */
export function hasLogin({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}

/**
 * Returns the scheme, host and port of a broker's address in normal form. A password belongs to
 * this origin.
 */
export function brokerOrigin(address: string): string {
  const { protocol, host } = new URL(address);
  return `${protocol}//${host.toLowerCase()}`;
}

/** Reads profiles from settings or a file. Invalid ones are reported, and the others are used. */
export function readProfiles(value: unknown): {
  readonly profiles: readonly BrokerProfile[];
  readonly problems: readonly string[];
} {
  const profiles: BrokerProfile[] = [];
  const problems: string[] = [];
  if (!Array.isArray(value))
    return { profiles, problems: [l10n.t('The setting for brokers is not a list')] };
  for (const entry of value as unknown[]) {
    try {
      const profile = readProfile(entry);
      if (profiles.some((p) => p.id === profile.id)) {
        throw new UsageError(l10n.t('Two brokers have the id "{0}"', profile.id));
      }
      profiles.push(profile);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.push(error.message);
    }
  }
  return { profiles, problems };
}

/** Reads one profile. @throws UsageError that names the problem */
export function readProfile(entry: unknown): BrokerProfile {
  const o = record(entry);
  const { id, url } = o;
  if (typeof id !== 'string' || !/^[a-z0-9-]{1,32}$/.test(id)) {
    throw new UsageError(l10n.t('A broker id consists of lowercase letters, digits and dashes'));
  }
  if (id === LOCAL_BROKER_ID) {
    throw new UsageError(l10n.t('The id "{0}" is reserved for the editor\'s own broker', id));
  }
  const problem = typeof url === 'string' ? brokerUrlProblem(url) : l10n.t('It has no url.');
  if (problem !== undefined || typeof url !== 'string') {
    throw new UsageError(
      l10n.t('The address of the broker "{0}" cannot be used: {1}', id, problem ?? ''),
    );
  }
  const forBoards = o.boardUrl;
  if (typeof forBoards === 'string' && forBoards !== '' && !isBoardUrl(forBoards)) {
    throw new UsageError(
      l10n.t('Boards reach the broker "{0}" only at mqtt://host:port or mqtts://host:port', id),
    );
  }
  const root = o.root;
  if (root !== undefined && !(typeof root === 'string' && isRoot(root))) {
    throw new UsageError(
      l10n.t('The root topic of the broker "{0}" can contain only letters, digits, - and _', id),
    );
  }
  const encrypt = readEncryption(o.encrypt);
  if (encrypt === undefined) {
    throw new UsageError(
      l10n.t('"encrypt" of the broker "{0}" can be off, preferred or required', id),
    );
  }
  const more = OPTIONAL.flatMap((key) => {
    const text = o[key];
    return typeof text === 'string' && text !== '' ? [[key, text] as const] : [];
  });
  const name = typeof o.name === 'string' && o.name.trim() !== '' ? o.name.trim() : id;
  return { id, name, url, ...Object.fromEntries(more), ...(encrypt === 'off' ? {} : { encrypt }) };
}

/**
 * Reads whether to encrypt frames. Undefined for any other value: a misspelt "required" must not
 * count as off.
 */
export function readEncryption(value: unknown): Encryption | undefined {
  return value === undefined ? 'off' : ENCRYPTION.find((e) => e === value);
}

/** Returns whether boards can use the URL: they do not support WebSockets. */
function isBoardUrl(text: string): boolean {
  return brokerUrlProblem(text) === undefined && /^mqtts?:/.test(text);
}

function isRoot(root: string): boolean {
  return root.length <= 32 && /^[\w-]+(\/[\w-]+)*$/.test(root);
}

/** Returns an unused id derived from a name or an address. */
export function profileId(name: string, taken: readonly string[]): string {
  const base =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 24) || 'broker';
  let id = base;
  const isTaken = () => id === LOCAL_BROKER_ID || taken.includes(id);
  for (let n = 2; isTaken(); n++) id = `${base}-${n}`;
  return id;
}

/** Returns whether traffic to the broker is encrypted and its certificate is verified. */
export function isEncrypted(profile: Pick<BrokerProfile, 'url'>): boolean {
  return /^(mqtts|wss):/.test(profile.url);
}

/** Returns whether the host is this computer. */
export function isLoopback(profile: Pick<BrokerProfile, 'url'>): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(profile.url).hostname);
}
