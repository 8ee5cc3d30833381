import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Address } from '../../core/address';
import { UsageError } from '../../core/errors';
import { isNotFound } from '../../core/localFiles';
import type { RegisteredBoard, Registry } from './registry';

export const FILE_NAME = 'fleet.json';

/**
 * What only the project's file names. A project comes from others, so its boards and brokers get no password that was given
 * for the user's own, and join none of the user's groups.
 */
export interface Foreign {
  readonly brokers: ReadonlySet<string>;
  /** Canonical texts of the boards' addresses. */
  readonly addresses: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
}

export const NOTHING_FOREIGN: Foreign = {
  brokers: new Set(),
  addresses: new Set(),
  groups: new Set(),
};

/** Returns whether only the project's file names this board, or the broker that reports it. */
export function isForeign(address: Address, { addresses, brokers }: Foreign): boolean {
  return addresses.has(address.text) || ('broker' in address && brokers.has(address.broker));
}

/**
 * Returns the project's file in this folder or one above it, up to the home folder or the root of a
 * repository, and only through folders that the user owns. In a folder that others can write to,
 * anyone could assign addresses to boards and brokers.
 */
export async function findProject(
  folder: string,
  home: string,
  read: (path: string) => Promise<Registry | undefined>,
): Promise<Registry | undefined> {
  const path = join(folder, '.micropython', FILE_NAME);
  if (!(await isOwn(folder)) || !(await isOwn(dirname(path))) || !(await isOwn(path))) {
    return undefined;
  }
  const found = await read(path);
  if (found) return found;
  const above = dirname(folder);
  const isTop = above === folder || folder === home || (await exists(join(folder, '.git')));
  return isTop ? undefined : findProject(above, home, read);
}

/** Returns whether it belongs to this user or to root, or does not exist. Windows needs no check. */
export async function isOwn(path: string): Promise<boolean> {
  const me = process.getuid?.();
  if (me === undefined) return true;
  try {
    const { uid } = await stat(path);
    return uid === me || uid === 0;
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/**
 * Adds the project's entries to the user's own. The project cannot redefine a name of the user's, because a password, a file
 * or code for it would then go somewhere else.
 * @throws UsageError if the project gives a name of the user's another meaning
 */
export function withProject(base: Registry, over: Registry): Registry {
  const newBrokers = over.brokers.filter((broker) => {
    const own = base.brokers.find((b) => b.id === broker.id);
    if (own && !isDeepStrictEqual(own, broker)) throw redirected('broker', own.id);
    return !own;
  });
  const newBoards = over.boards.filter((board) => isNewBoard(board, base));
  const newGroups = Object.entries(over.groups).filter(([name, boards]) => {
    const own = Object.hasOwn(base.groups, name) ? base.groups[name] : undefined;
    if (own !== undefined && own !== boards) throw redirected('group', name);
    return own === undefined;
  });
  const newMacros = over.macros.filter(({ name, from }) => {
    const own = base.macros.find((m) => m.name === name);
    // The same path leads to another file in the project.
    if (own && ('file' in from || !isDeepStrictEqual(own.from, from))) {
      throw redirected('macro', name);
    }
    return !own;
  });
  const ownAddresses = new Set(base.boards.map((b) => b.address.text));
  const addresses = newBoards.map((b) => b.address.text).filter((a) => !ownAddresses.has(a));
  return {
    boards: [...base.boards, ...newBoards],
    groups: { ...base.groups, ...Object.fromEntries(newGroups) },
    macros: [...base.macros, ...newMacros],
    brokers: [...base.brokers, ...newBrokers],
    deviceNames: base.deviceNames,
    foreign: {
      brokers: new Set(newBrokers.map((b) => b.id)),
      addresses: new Set(addresses),
      groups: new Set(newGroups.map(([name]) => name)),
    },
  };
}

/** Returns whether the user's own file lacks this board. A selector can also mean a board by its uid, and a board comes before a group. */
function isNewBoard({ name, uid, address }: RegisteredBoard, base: Registry): boolean {
  const own = base.boards.find((b) => b.name === name);
  if (own && own.address.text !== address.text) throw redirected('board', name);
  if (own) return false;
  for (const key of uid === undefined ? [name] : [name, uid]) {
    const other = base.boards.find((b) => b.name === key || b.uid === key.toLowerCase());
    if (other && other.address.text !== address.text) throw redirected('board', other.name);
    if (Object.hasOwn(base.groups, key)) throw redirected('group', key);
  }
  return true;
}

function redirected(what: string, name: string): UsageError {
  return new UsageError(`The project's ${FILE_NAME} redefines your ${what} "${name}"`, {
    hint: 'Rename one of them, or set MPYFLEET_CONFIG to the file to use.',
  });
}
