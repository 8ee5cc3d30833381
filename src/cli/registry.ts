import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseAddress, type Address } from '../core/address';
import { UsageError } from '../core/errors';
import type { BrokerProfile } from '../core/broker/brokers';
import type { Groups } from '../core/many/selector';

/** A board that has a name in the configuration. */
export interface RegisteredBoard {
  readonly name: string;
  readonly address: Address;
  readonly tags: readonly string[];
  readonly platform?: string;
  readonly uid?: string;
}

/** What the configuration files say: boards by name, and groups. */
export interface Registry {
  readonly boards: readonly RegisteredBoard[];
  readonly groups: Groups;
  readonly brokers: readonly BrokerProfile[];
}

const FILE_NAME = 'fleet.json';

/**
 * Reads `fleet.json`: the one that MPYFLEET_CONFIG names, else the user's, and over it that of the project (in
 * `.micropython` of the folder or one above it).
 * @throws UsageError for a file that cannot be read as it should
 */
export async function loadRegistry(
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Registry> {
  const named = env.MPYFLEET_CONFIG;
  if (named) return (await readRegistry(resolve(cwd, named))) ?? notThere(named);
  const config = env.XDG_CONFIG_HOME ?? join(homedir(), '.config');
  const own = await readRegistry(join(config, 'micropython-fleet', FILE_NAME));
  return merge(own, await findProject(cwd));
}

async function findProject(folder: string): Promise<Registry | undefined> {
  const found = await readRegistry(join(folder, '.micropython', FILE_NAME));
  const above = dirname(folder);
  return found ?? (above === folder ? undefined : findProject(above));
}

function merge(base: Registry | undefined, over: Registry | undefined): Registry {
  const names = new Set(over?.boards.map((b) => b.name));
  return {
    boards: [...(base?.boards.filter((b) => !names.has(b.name)) ?? []), ...(over?.boards ?? [])],
    groups: { ...base?.groups, ...over?.groups },
    brokers: [
      ...(base?.brokers.filter((b) => !over?.brokers.some((o) => o.id === b.id)) ?? []),
      ...(over?.brokers ?? []),
    ],
  };
}

async function readRegistry(path: string): Promise<Registry | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if ((cause as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw new UsageError(`${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  try {
    return parseRegistry(JSON.parse(text));
  } catch (cause) {
    throw new UsageError(`${path}: ${(cause as Error).message}`, {
      hint: 'It looks like {"boards": {"kitchen": "serial:/dev/ttyACM0"}, "groups": {"lab": "kitchen,esp32-*"}}.',
      cause,
    });
  }
}

/** Checks the content of a `fleet.json`. @throws Error naming the entry that is wrong */
export function parseRegistry(content: unknown): Registry {
  const { boards = {}, groups = {}, brokers = {} } = record(content, 'the file');
  return {
    brokers: Object.entries(record(brokers, '"brokers"')).map(([id, entry]) => brokerOf(id, entry)),
    boards: Object.entries(record(boards, '"boards"')).map(([name, entry]) => boardOf(name, entry)),
    groups: Object.fromEntries(
      Object.entries(record(groups, '"groups"')).map(([name, list]) => {
        if (typeof list !== 'string') throw new Error(`group "${name}" must be a text`);
        return [name, list];
      }),
    ),
  };
}

function boardOf(name: string, entry: unknown): RegisteredBoard {
  const fields = typeof entry === 'string' ? { address: entry } : record(entry, `board "${name}"`);
  const { address, tags = [], platform, uid } = fields;
  if (typeof address !== 'string') throw new Error(`board "${name}" has no address`);
  if (!Array.isArray(tags) || !tags.every((t) => typeof t === 'string')) {
    throw new Error(`the tags of board "${name}" must be a list of texts`);
  }
  return {
    name,
    address: parseAddress(address),
    tags: tags,
    ...(typeof platform === 'string' ? { platform } : {}),
    ...(typeof uid === 'string' ? { uid: uid.toLowerCase() } : {}),
  };
}

/** A broker: its address, and perhaps a user name and certificates. Passwords are not for this file. */
function brokerOf(id: string, entry: unknown): BrokerProfile {
  const fields = typeof entry === 'string' ? { url: entry } : record(entry, `broker "${id}"`);
  if (!/^[a-z0-9-]+$/.test(id)) throw new Error(`broker "${id}": use a-z, 0-9 and dashes`);
  const { url } = fields;
  if (typeof url !== 'string' || !/^(mqtts?|wss?):\/\//.test(url)) {
    throw new Error(`broker "${id}" has no address such as mqtt://host:1883`);
  }
  if ('password' in fields) {
    throw new Error(
      `broker "${id}": a password does not belong into this file; use MPYFLEET_BROKER_PASSWORD`,
    );
  }
  const known = ['name', 'root', 'username', 'caFile', 'certFile', 'keyFile'] as const;
  const more = known.flatMap((key) => {
    const value = fields[key];
    return typeof value === 'string' ? [[key, value] as const] : [];
  });
  return { id, name: id, url, ...Object.fromEntries(more) };
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${what} must be an object`);
  }
  return value as Record<string, unknown>;
}

function notThere(path: string): never {
  throw new UsageError(`MPYFLEET_CONFIG names ${path}, which is not there`);
}
