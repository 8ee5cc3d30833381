import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { portHints } from '../../../../src/core/board/portHints';
import { surroundings } from '../../../../src/transports/serial/surroundings';
import { tempDir } from '../../../lab/paths.mjs';

let root: string;
beforeEach(() => {
  root = tempDir('hints');
});

function put(files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

/** Returns a device on the bus as Linux lists it. `port`: the port that the driver created for its interface. */
function plugIn(at: string, id: string, port?: string): void {
  const [vendor = '', product = ''] = id.split(':');
  const usb = 'sys/bus/usb/devices';
  put({
    [`${usb}/${at}/idVendor`]: `${vendor}\n`,
    [`${usb}/${at}/idProduct`]: `${product}\n`,
    [`${usb}/${at}:1.0/bInterfaceClass`]: 'ff\n',
    ...(port ? { [`${usb}/${at}:1.0/${port}/uevent`]: '' } : {}),
  });
}

async function hintsFor(
  platform: NodeJS.Platform,
  more: { kernel?: string; env?: NodeJS.ProcessEnv; remote?: string } = {},
) {
  const { kernel = '6.8.0', env = {}, remote } = more;
  return portHints(await surroundings(remote, { platform, kernel, env, root }));
}

const ids = (hints: Awaited<ReturnType<typeof hintsFor>>) => hints.map((hint) => hint.id);

describe('where no port is', () => {
  it('a charge-only cable is always named', async () => {
    expect(ids(await hintsFor('linux'))).toEqual(['cable']);
    expect(ids(await hintsFor('win32'))).toEqual(['driver', 'cable']);
    expect(ids(await hintsFor('darwin'))).toEqual(['driver', 'cable']);
  });

  it('WSL, other computers and containers are distinguished', async () => {
    const kernel = '5.15.167.4-microsoft-standard-WSL2';
    expect(ids(await hintsFor('linux', { kernel }))).toEqual(['wsl', 'cable']);
    expect(ids(await hintsFor('linux', { remote: 'wsl' }))).toEqual(['wsl', 'cable']);
    expect(ids(await hintsFor('linux', { remote: 'ssh-remote' }))).toEqual(['remote', 'cable']);
    expect(ids(await hintsFor('linux', { remote: 'codespaces' }))).toEqual(['remote', 'cable']);
  });

  it('a Flatpak is recognised by its file or its variable', async () => {
    expect(ids(await hintsFor('linux', { env: { FLATPAK_ID: 'x' } }))).toEqual([
      'flatpak',
      'cable',
    ]);
    put({ '.flatpak-info': '' });
    expect(ids(await hintsFor('linux'))).toEqual(['flatpak', 'cable']);
  });

  it('brltty is suspected only where a chip has lost its port, and a driver where there is no brltty', async () => {
    plugIn('1-2', '1a86:7523');
    plugIn('1-3', '10c4:ea60', 'ttyUSB0');
    const [first] = await hintsFor('linux');
    expect(first).toMatchObject({ id: 'driver' });
    expect(first?.text).toContain('(1a86:7523)');
    put({ 'usr/bin/brltty': '' });
    expect(ids(await hintsFor('linux'))).toEqual(['brltty', 'cable']);
  });

  it('a chip with its port and a mouse are no reason', async () => {
    put({ 'usr/bin/brltty': '', 'dev/ttyUSB0': '', 'dev/ttyACM0': '' });
    plugIn('1-1', '1a86:7523', 'ttyUSB0');
    plugIn('1-2', '2e8a:0005', 'tty/ttyACM0');
    plugIn('1-3', '046d:c077');
    expect(ids(await hintsFor('linux'))).toEqual(['cable']);
  });

  it('a board in its boot loader is named by its chip, regardless of other causes', async () => {
    plugIn('1-2', '2e8a:0003');
    const [first] = await hintsFor('linux');
    expect(first?.id).toBe('bootloader');
    expect(first?.text).toContain('(RP2040 in BOOTSEL mode)');
  });

  it('for a container without the port, the hint names the port of the computer', async () => {
    put({ '.dockerenv': '', 'dev/null': '' });
    expect(ids(await hintsFor('linux'))).toEqual(['container', 'cable']);
    plugIn('1-3', '10c4:ea60', 'ttyUSB0');
    plugIn('1-4', '2e8a:0005', 'tty/ttyACM1');
    const [first] = await hintsFor('linux');
    expect(first?.text).toContain('(ttyUSB0, ttyACM1)');
    expect(first?.text).toContain('--device=/dev/ttyUSB0');
    expect(ids(await hintsFor('linux', { remote: 'dev-container' }))).toEqual([
      'container',
      'cable',
    ]);
    expect(ids(await hintsFor('linux', { env: { CODESPACES: 'true' } }))).toEqual([
      'remote',
      'cable',
    ]);
  });

  it('a Podman container is recognised by its variable, and a Flatpak with that variable is not one', async () => {
    const env = { container: 'podman' };
    expect(ids(await hintsFor('linux', { env }))).toEqual(['container', 'cable']);
    const flatpak = { container: 'flatpak', FLATPAK_ID: 'com.visualstudio.code' };
    expect(ids(await hintsFor('linux', { env: flatpak }))).toEqual(['flatpak', 'cable']);
  });

  it('a confined snap is named, a classic one such as VS Code is not', async () => {
    const profile = 'proc/self/attr/current';
    put({ [profile]: 'snap.code.code (complain)\n' });
    expect(ids(await hintsFor('linux'))).toEqual(['cable']);
    put({ [profile]: 'snap.arduino-lab.ide (enforce)\n' });
    const [first] = await hintsFor('linux');
    expect(first).toMatchObject({ id: 'snap' });
    expect(first?.text).toContain('sudo snap connect arduino-lab:raw-usb');
  });

  it('a shell on another computer gets a hint that says so', async () => {
    const env = { SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22' };
    expect(ids(await hintsFor('linux', { env }))).toEqual(['remote', 'cable']);
  });

  it('the welcome view has a text for each reason', () => {
    const here = join(import.meta.dirname, '../../../..');
    const manifest = readFileSync(join(here, 'package.json'), 'utf8');
    const nls = JSON.parse(readFileSync(join(here, 'package.nls.json'), 'utf8')) as object;
    for (const id of [
      ...['remote', 'wsl', 'container', 'flatpak', 'snap', 'bootloader', 'brltty', 'driver'],
    ]) {
      expect(nls).toHaveProperty([`welcome.hint.${id}`]);
      expect(manifest).toContain(`mpyFleet.portHint.${id}"`);
    }
    expect(nls).toHaveProperty(['welcome.none'], expect.stringContaining('data cable'));
  });
});
