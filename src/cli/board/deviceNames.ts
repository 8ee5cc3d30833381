import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Address } from '../../core/address';
import { asError } from '../../core/errors';
import type { Found, Lent } from '../../core/board';
import { bareUid, deviceFolders, type Environment, lentNames } from '../../core/deviceYaml';
import { joinLocal, nodeLocalFs } from '../../core/sync';
import { isOwn } from './project';

/** Folder of a project that contains its device files. */
export const DEVICES = '.micropython/devices';

/** Names and tags of device files, by the boards' unique ids in lower-case hex. */
export type DeviceNames = ReadonlyMap<string, Lent>;

/** A device file. Those of IOT_DEVICES are the user's own. */
interface DeviceFile {
  readonly path: string;
  readonly own: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Returns the values of `$VAR` and `~` in device files. */
export function deviceEnvironment(variables: Variables): Environment {
  return { home: homedir().replaceAll('\\', '/'), variables };
}

/** Lists the device files of a project's folder, then those of the user's folders. */
export async function deviceFilesIn(cwd: string, variables: Variables): Promise<DeviceFile[]> {
  const found: DeviceFile[] = [];
  const project = joinLocal(cwd.replaceAll('\\', '/'), DEVICES);
  for (const folder of [project, ...deviceFolders(deviceEnvironment(variables))]) {
    for (const { name, type } of (await nodeLocalFs.list(folder)) ?? []) {
      const path = joinLocal(folder, name);
      if (type === 'file' && /\.ya?ml$/i.test(name)) found.push({ path, own: folder !== project });
    }
  }
  return found;
}

/**
 * Reads the names and tags that device files give to boards. Never fails, because most commands do not need these files; `sync`
 * reports mistakes in them. A project's file is read only where others cannot write, as with fleet.json, and never replaces an
 * entry of the user's own files.
 * @param onUnread called with the reason when a file or folder cannot be read
 */
export async function readDeviceNames(
  cwd: string,
  variables: Variables,
  onUnread: (reason: string) => void,
): Promise<DeviceNames> {
  const unread = (error: unknown) => onUnread(asError(error).message);
  const files = (await deviceFilesIn(cwd, variables).catch(unread)) ?? [];
  const places = [cwd, join(cwd, '.micropython'), join(cwd, DEVICES)];
  const isSafe = files.some((f) => !f.own) && (await allOwn(places));
  const texts: { file: string; text: string }[] = [];
  const own = new Set<string>();
  for (const file of [...files].sort((a, b) => Number(b.own) - Number(a.own))) {
    if (!file.own && !(isSafe && (await allOwn([file.path])))) continue;
    const content = await nodeLocalFs.read(file.path).catch(unread);
    if (content) texts.push({ file: file.path, text: new TextDecoder().decode(content) });
    if (file.own) own.add(file.path);
  }
  if (texts.length === 0) return new Map();
  const { readRegistry } = await import('../../core/deviceYaml/registry');
  return lentNames(readRegistry(texts).devices, (file) => own.has(file));
}

async function allOwn(paths: readonly string[]): Promise<boolean> {
  const owned = await Promise.all(paths.map((path) => isOwn(path).catch(() => false)));
  return owned.every(Boolean);
}

/**
 * Returns the unique id of a board on a cable, if its USB serial number is the unique id in a device file. That is so for RP2 and
 * for the ESP32's own USB port.
 */
export function uidOnCable(names: DeviceNames, { usb, uid }: Found): string | undefined {
  const serial = bareUid(usb?.serialNumber ?? '');
  return uid ?? (names.has(serial) ? serial : undefined);
}

/** Finds the boards on cables that device files name and that are not among `known`. */
export function onCables(
  names: DeviceNames,
  ports: readonly Found[],
  known: readonly { readonly uid?: string; readonly address: Address }[],
): { readonly address: Address; readonly uid: string }[] {
  return ports.flatMap((port) => {
    const uid = port.likely ? uidOnCable(names, port) : undefined;
    const { address } = port;
    const isKnown = known.some((b) => b.uid === uid || b.address.text === address.text);
    return uid === undefined || !names.has(uid) || isKnown ? [] : [{ address, uid }];
  });
}
