import { access, readdir, readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import type { PortSurroundings } from '../../core/board';
import { usbName } from './usbNames';

/** If any of these exists, brltty may take a port. */
const BRLTTY = ['/usr/sbin/brltty', '/usr/bin/brltty', '/sbin/brltty', '/bin/brltty'];

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
  return {
    platform,
    kernel,
    remoteName,
    inFlatpak: env.FLATPAK_ID !== undefined || (await isThere('.flatpak-info')),
    hasBrltty: (await Promise.all(BRLTTY.map(isThere))).includes(true),
    withoutPort: platform === 'linux' ? await withoutPort(join(root, 'sys/bus/usb/devices')) : [],
  };
}

/** Returns USB devices of boards that have no tty, from Linux's list; empty on systems without it. */
async function withoutPort(folder: string): Promise<string[]> {
  const names = await namesIn(folder);
  const found: string[] = [];
  for (const device of names.filter((name) => !name.includes(':'))) {
    const id = (file: string) => readFile(join(folder, device, file), 'utf8').catch(() => '');
    const vendor = (await id('idVendor')).trim();
    const product = (await id('idProduct')).trim();
    // Other boards need no driver, and have no port in their boot loader.
    if (!(usbName(vendor, product) ?? '').includes('UART')) continue;
    const interfaces = names.filter((name) => name.startsWith(`${device}:`));
    const parts = await Promise.all(interfaces.map((name) => namesIn(join(folder, name))));
    if (!parts.flat().some((name) => name.startsWith('tty'))) found.push(`${vendor}:${product}`);
  }
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []); // the system has no such list
}
