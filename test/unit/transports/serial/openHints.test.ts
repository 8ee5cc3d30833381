import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serialAddress } from '../../../../src/core/parseAddress';
import { groupHint, hasModemManager } from '../../../../src/transports/serial/openHints';
import { openError } from '../../../../src/transports/serial/serialErrors';
import { tempDir } from '../../../lab/paths.mjs';

const DEBIAN = 'root:x:0:\ndaemon:x:1:\ndialout:x:20:bob,ada\nplugdev:x:46:ada\n';
const ARCH = 'root:x:0:root\nuucp:x:986:\nada:x:1000:\n';
const PORT = '/dev/ttyUSB0';

describe('a port that the user may not open', () => {
  it('names the group of the port, which is not dialout everywhere', () => {
    const ada = { user: 'ada', groups: [1000] };
    expect(groupHint(PORT, 986, ada, ARCH)).toContain('sudo usermod -a -G uucp $USER');
    expect(groupHint(PORT, 20, { user: 'eve', groups: [] }, DEBIAN)).toContain('-G dialout');
  });

  it('asks a user who was added a moment ago to log out, not to add the user again', () => {
    const hint = groupHint(PORT, 20, { user: 'ada', groups: [1000, 46] }, DEBIAN);
    expect(hint).toContain('Log out and in again');
    expect(hint).not.toContain('usermod');
  });

  it('does not blame the group of a member, or one that cannot be joined', () => {
    const inside = { user: 'ada', groups: [1000, 20] };
    expect(groupHint(PORT, 20, inside, DEBIAN)).toContain('something else forbids it');
    expect(groupHint(PORT, 0, inside, DEBIAN)).toContain('udev rule');
    expect(groupHint(PORT, 65_534, inside, DEBIAN)).toContain('-G 65534');
  });

  it('gets no hint to unplug the board if a container forbids the device', () => {
    const said = 'Error: Operation not permitted, cannot open /dev/ttyUSB0';
    expect(openError(serialAddress(PORT), new Error(said), 'linux').reason).toBe('permission');
  });
});

it('recognises ModemManager among the processes', async () => {
  const root = tempDir('modem');
  const put = (pid: string, name: string) => {
    mkdirSync(join(root, 'proc', pid), { recursive: true });
    writeFileSync(join(root, 'proc', pid, 'comm'), `${name}\n`);
  };
  put('1', 'systemd');
  put('self', 'ModemManager');
  expect(await hasModemManager(root)).toBe(false);
  put('812', 'ModemManager');
  expect(await hasModemManager(root)).toBe(true);
  expect(await hasModemManager(join(root, 'none'))).toBe(false);
});
