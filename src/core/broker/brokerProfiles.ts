import type { BrokerProfile } from './brokers';
import { UsageError } from '../errors';

const SCHEMES = ['mqtt:', 'mqtts:', 'ws:', 'wss:'];
const OPTIONAL = ['root', 'username', 'caFile', 'certFile', 'keyFile', 'legacyPrefix'] as const;

/** What is wrong with a broker's address, in words; undefined for a good one. */
export function brokerUrlProblem(text: string): string | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return 'Write it like mqtt://host:1883, mqtts://host:8883 or wss://host/mqtt.';
  }
  if (!SCHEMES.includes(url.protocol) || url.hostname === '') {
    return 'It begins with mqtt://, mqtts://, ws:// or wss:// and names a host.';
  }
  if (url.username !== '' || url.password !== '') {
    return 'User and password are asked for separately: the address is kept in the settings.';
  }
  return undefined;
}

/**
 * Profiles as they are written in the settings or in a file; what is wrong with one is said, and the others are taken.
 */
export function readProfiles(value: unknown): {
  readonly profiles: readonly BrokerProfile[];
  readonly problems: readonly string[];
} {
  const profiles: BrokerProfile[] = [];
  const problems: string[] = [];
  if (!Array.isArray(value)) return { profiles, problems: ['The list of brokers is no list'] };
  for (const entry of value as unknown[]) {
    try {
      const profile = readProfile(entry);
      if (profiles.some((p) => p.id === profile.id)) {
        throw new UsageError(`Two brokers have the id "${profile.id}"`);
      }
      profiles.push(profile);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.push(error.message);
    }
  }
  return { profiles, problems };
}

/** One profile. @throws UsageError naming what is wrong */
export function readProfile(entry: unknown): BrokerProfile {
  const o = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>) : {};
  const { id, url } = o;
  if (typeof id !== 'string' || !/^[a-z0-9-]{1,32}$/.test(id)) {
    throw new UsageError('A broker needs an id of small letters, digits and dashes');
  }
  const problem = typeof url === 'string' ? brokerUrlProblem(url) : 'It has no url.';
  if (problem !== undefined || typeof url !== 'string') {
    throw new UsageError(`The address of the broker "${id}" cannot be used: ${problem ?? ''}`);
  }
  const root = o.root;
  if (root !== undefined && !(typeof root === 'string' && isRoot(root))) {
    throw new UsageError(`The root topic of the broker "${id}" may hold letters, digits, - and _`);
  }
  const more = OPTIONAL.flatMap((key) => {
    const text = o[key];
    return typeof text === 'string' && text !== '' ? [[key, text] as const] : [];
  });
  const name = typeof o.name === 'string' && o.name.trim() !== '' ? o.name.trim() : id;
  return { id, name, url, ...Object.fromEntries(more) };
}

function isRoot(root: string): boolean {
  return root.length <= 32 && /^[\w-]+(\/[\w-]+)*$/.test(root);
}

/** A free id made of a name or an address. */
export function profileId(name: string, taken: readonly string[]): string {
  const base =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 24) || 'broker';
  let id = base;
  for (let n = 2; taken.includes(id); n++) id = `${base}-${n}`;
  return id;
}

/** Whether what goes to the broker is encrypted and the broker's certificate is checked. */
export function isEncrypted(profile: Pick<BrokerProfile, 'url'>): boolean {
  return /^(mqtts|wss):/.test(profile.url);
}

/** The host is this computer itself. */
export function isLoopback(profile: Pick<BrokerProfile, 'url'>): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(profile.url).hostname);
}
