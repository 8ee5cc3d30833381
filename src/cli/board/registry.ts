import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { Address } from '../../core/address';
import { mqboardAddress, parseAddress } from '../../core/parseAddress';
import { UsageError } from '../../core/errors';
import {
  brokerUrlProblem,
  ENCRYPTION,
  hasLogin,
  readEncryption,
} from '../../core/broker/brokerProfiles';
import type { BrokerProfile } from '../../core/broker/broker';
import type { Groups, Selectable } from '../../core/many';
import { type Macro, parseMacros } from '../../core/macros';
import { isNotFound } from '../../core/localFiles';
import { mqboardBroker, passwordVariable } from '../broker';
import { configHome } from '../configHome';
import { type DeviceNames, readDeviceNames } from './deviceNames';
import { FILE_NAME, findProject, type Foreign, NOTHING_FOREIGN, withProject } from './project';
import { isRecord } from '../../core/json';

/** A board that has a name in the configuration. */
export interface RegisteredBoard {
  readonly name: string;
  readonly address: Address;
  readonly tags: readonly string[];
  readonly platform?: string;
  readonly uid?: string;
  /** The state of the board in the window, if the command runs in one. */
  readonly seen?: Pick<Selectable, 'addresses' | 'state' | 'marks' | 'brokers'>;
}

/** Content of the configuration files: boards by name, and groups. */
export interface Registry {
  readonly boards: readonly RegisteredBoard[];
  readonly groups: Groups;
  readonly brokers: readonly BrokerProfile[];
  readonly macros: readonly PlacedMacro[];
  readonly foreign: Foreign;
  readonly deviceNames: DeviceNames;
}

/** A macro, and the folder of its file. */
export interface PlacedMacro extends Macro {
  readonly folder: string;
}

/**
 * Reads `fleet.json`: the file that MPYFLEET_CONFIG names, else the user's file, overridden by that
 * of the project (in `.micropython` of this folder or one above). Device files add names and tags.
 * @param onUnread called with the reason when a device file cannot be read
 * @throws UsageError for an invalid file
 */
export async function loadRegistry(
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
  onUnread: (reason: string) => void = () => undefined,
): Promise<Registry> {
  const [registry, deviceNames] = await Promise.all([
    loadFleetFiles(cwd, env),
    readDeviceNames(cwd, env, onUnread),
  ]);
  return { ...registry, deviceNames };
}

async function loadFleetFiles(
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Registry> {
  const named = env.MPYFLEET_CONFIG;
  if (named) {
    return withMqboard((await readRegistry(resolve(cwd, named))) ?? notThere(named), env);
  }
  const home = env.HOME ?? homedir();
  const path = ownRegistry(env);
  const own = (await readRegistry(path)) ?? parseRegistry({});
  const project = await findProject(cwd, home, readRegistry);
  return withMqboard(project ? withProject(own, project) : own, env);
}

/** Returns the path of the user's own `fleet.json`. */
export function ownRegistry(env: Readonly<Record<string, string | undefined>>): string {
  return join(configHome(env), 'micropython-fleet', FILE_NAME);
}

/**
 * Adds the broker of mqboard's own variables. The board below their prefix has the name of the broker as well. Entries of the
 * files with this name come first.
 */
function withMqboard(
  registry: Registry,
  env: Readonly<Record<string, string | undefined>>,
): Registry {
  const mqboard = mqboardBroker(env);
  if (!mqboard) return registry;
  const { profile, prefix } = mqboard;
  const { id } = profile;
  if (registry.brokers.some((b) => b.id === id)) return registry;
  const own = prefix && !registry.boards.some((b) => b.name === id);
  return {
    ...registry,
    brokers: [...registry.brokers, profile],
    boards: own
      ? [...registry.boards, { name: id, address: mqboardAddress(id, prefix), tags: [] }]
      : registry.boards,
  };
}

async function readRegistry(path: string): Promise<Registry | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (isNotFound(cause)) return undefined;
    throw new UsageError(`${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  try {
    return parseRegistry(JSON.parse(text.replace(/^\ufeff/, '')), macroFolder(path));
  } catch (cause) {
    throw new UsageError(`${path}: ${(cause as Error).message}`, {
      hint: 'It must look like {"boards": {"kitchen": "serial:/dev/ttyACM0"}, "groups": {"lab": "kitchen,esp32-*"}, "brokers": {"office": {"url": "mqtt://HOST:1883", "username": "ann"}}}.',
      cause,
    });
  }
}

/**
 * Paths of macros are relative to the folder that contains `.micropython`, or to that of another
 * fleet.json.
 */
function macroFolder(path: string): string {
  const folder = dirname(path);
  return basename(folder) === '.micropython' ? dirname(folder) : folder;
}

/** Checks the content of a `fleet.json`. @throws Error naming the invalid entry */
export function parseRegistry(content: unknown, folder = ''): Registry {
  const { boards = {}, groups = {}, brokers = {}, macros } = objectOf(content, 'the file');
  return {
    macros: parseMacros(macros).map((macro) => ({ ...macro, folder })),
    brokers: Object.entries(objectOf(brokers, '"brokers"')).map(([id, entry]) =>
      brokerOf(id, entry),
    ),
    boards: Object.entries(objectOf(boards, '"boards"')).map(([name, entry]) =>
      boardOf(name, entry),
    ),
    groups: Object.fromEntries(
      Object.entries(objectOf(groups, '"groups"')).map(([name, list]) => {
        if (typeof list !== 'string') throw new Error(`group "${name}" must be a string`);
        return [name, list];
      }),
    ),
    foreign: NOTHING_FOREIGN,
    deviceNames: new Map(),
  };
}

function boardOf(name: string, entry: unknown): RegisteredBoard {
  const fields =
    typeof entry === 'string' ? { address: entry } : objectOf(entry, `board "${name}"`);
  const { address, tags = [], platform, uid } = fields;
  if (typeof address !== 'string') throw new Error(`board "${name}" has no address`);
  if (!Array.isArray(tags) || !tags.every((t) => typeof t === 'string')) {
    throw new Error(`the tags of board "${name}" must be a list of strings`);
  }
  return {
    name,
    address: parseAddress(address),
    tags: tags,
    ...(typeof platform === 'string' ? { platform } : {}),
    ...(typeof uid === 'string' ? { uid: uid.toLowerCase() } : {}),
  };
}

/**
 * Parses a broker: its address and, optionally, a user name and certificates. Passwords do not
 * belong in this file.
 */
function brokerOf(id: string, entry: unknown): BrokerProfile {
  const fields = typeof entry === 'string' ? { url: entry } : objectOf(entry, `broker "${id}"`);
  if (!/^[a-z0-9-]+$/.test(id)) throw new Error(`broker "${id}": use a-z, 0-9 and dashes`);
  const { url } = fields;
  if (typeof url !== 'string' || !/^(mqtts?|wss?):\/\//.test(url)) {
    throw new Error(`broker "${id}" has no address such as mqtt://host:1883`);
  }
  if (URL.canParse(url) && hasLogin(new URL(url))) {
    throw new Error(
      `broker "${id}": its address contains a login; name the user as "username" next to "url", and set ${passwordVariable(id)} to the password`,
    );
  }
  const problem = brokerUrlProblem(url);
  if (problem !== undefined) throw new Error(`broker "${id}": ${problem}`);
  if ('password' in fields) {
    throw new Error(
      `broker "${id}": a password does not belong in this file; use MPYFLEET_BROKER_PASSWORD`,
    );
  }
  const known = ['name', 'root', 'username', 'caFile', 'certFile', 'keyFile', 'clientId'] as const;
  const more = known.flatMap((key) => {
    const value = fields[key];
    return typeof value === 'string' ? [[key, value] as const] : [];
  });
  const encrypt = readEncryption(fields.encrypt);
  if (encrypt === undefined) {
    throw new Error(`broker "${id}": "encrypt" can be ${ENCRYPTION.join(', ')}`);
  }
  return {
    id,
    name: id,
    url,
    ...Object.fromEntries(more),
    ...(encrypt === 'off' ? {} : { encrypt }),
  };
}

function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value;
  throw new Error(`${what} must be an object`);
}

function notThere(path: string): never {
  throw new UsageError(`MPYFLEET_CONFIG names ${path}, which does not exist`);
}
