import { access, readdir, readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import type { PortSurroundings } from '../../core/board';
import { usbName } from './usbNames';

/** If any of these exists, brltty may take a port. */
const BRLTTY = ['/usr/sbin/brltty', '/usr/bin/brltty', '/sbin/brltty', '/bin/brltty'];

/** Boot loaders that wait for a firmware and have no serial port, by USB id. */
const BOOTLOADERS: Readonly<Record<string, string>> = {
  '2e8a:0003': 'RP2040 in BOOTSEL mode',
  '2e8a:000f': 'RP2350 in BOOTSEL mode',
  '0483:df11': 'STM32 in DFU mode',
  '1fc9:0135': 'i.MX RT in its serial downloader',
};
/** Files that exist in a container of Docker or Podman. */
const CONTAINER = ['.dockerenv', 'run/.containerenv'];

/** Searches the computer for reasons why a board has no port. `root`: `/`, except in tests. */
export async function surroundings(
  remoteName?: string,
  { platform = process.platform, kernel = release(), env = process.env, root = '/' } = {},
): Promise<PortSurroundings> {
  const isThere = (path: string) =>
    access(join(root, path)).then(
      () => true,
      () => false,
    );
  const anyIsThere = async (paths: readonly string[]) =>
    (await Promise.all(paths.map(isThere))).includes(true);
  const isLinux = platform === 'linux';
  const inSsh = env.SSH_CONNECTION !== undefined ? 'ssh' : undefined;
  const elsewhere = env.CODESPACES === 'true' ? 'codespaces' : inSsh;
  // A Flatpak counts as a container as well.
  const isContainer = ![undefined, '', 'flatpak'].includes(env.container);
  return {
    platform,
    kernel,
    remoteName: remoteName ?? elsewhere,
    inFlatpak: env.FLATPAK_ID !== undefined || (await isThere('.flatpak-info')),
    snap: isLinux ? await confiningSnap(root) : undefined,
    inContainer: isLinux && (isContainer || (await anyIsThere(CONTAINER))),
    hasBrltty: await anyIsThere(BRLTTY),
    ...(isLinux ? await usbDevices(root) : { withoutPort: [], notMapped: [], inBootloader: [] }),
  };
}

/**
 * Returns the snap whose AppArmor profile confines this process: `snap.NAME.APP (enforce)`. Snaps with classic confinement, such as VS
 * Code's, have the mode `complain`, and may use all devices.
 */
async function confiningSnap(root: string): Promise<string | undefined> {
  const profile = await textOf(join(root, 'proc/self/attr/current'));
  return /^snap\.([a-z0-9-]+)\.\S+ \(enforce\)/.exec(profile)?.[1];
}

/** Looks through Linux's list of USB devices; finds nothing on systems without it. */
async function usbDevices(
  root: string,
): Promise<Pick<PortSurroundings, 'withoutPort' | 'notMapped' | 'inBootloader'>> {
  const folder = join(root, 'sys/bus/usb/devices');
  const names = await namesIn(folder);
  const inDev = new Set(await namesIn(join(root, 'dev')));
  const found = {
    withoutPort: [] as string[],
    notMapped: [] as string[],
    inBootloader: [] as string[],
  };
  for (const device of names.filter((name) => !name.includes(':'))) {
    const vendor = (await textOf(join(folder, device, 'idVendor'))).trim();
    const product = (await textOf(join(folder, device, 'idProduct'))).trim();
    const name = usbName(vendor, product);
    const waiting = BOOTLOADERS[`${vendor}:${product}`];
    if (waiting !== undefined) found.inBootloader.push(waiting);
    if (waiting !== undefined || name === undefined) continue;
    const interfaces = names.filter((other) => other.startsWith(`${device}:`));
    const ports = (await Promise.all(interfaces.map((i) => portsOf(join(folder, i))))).flat();
    found.notMapped.push(...ports.filter((port) => !inDev.has(port)));
    // Other boards need no driver.
    if (ports.length === 0 && name.includes('UART')) found.withoutPort.push(`${vendor}:${product}`);
  }
  return found;
}

/**
 * Finds the ports of a USB interface: USB to UART chips have `ttyUSB0` in its folder, boards with CDC
 * `tty/ttyACM0`.
 */
async function portsOf(folder: string): Promise<string[]> {
  const names = [...(await namesIn(folder)), ...(await namesIn(join(folder, 'tty')))];
  return names.filter((name) => /^tty\w+\d$/.test(name));
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []); // the system has no such list
}

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
