import { describe, expect, it } from 'vitest';
import { accessPointPassword } from '../../../../src/core/agent';
import { boardNamed, boardsNear, nearNetworks } from '../../../../src/core/setup';

const KEY = Buffer.alloc(32, 0xa1);
const ESP = 'a0b1c2d3e4f5';

/** A system on which only this program exists. */
const system = (program: string, out: string) => (asked: string) =>
  Promise.resolve(asked.endsWith(program) ? out : undefined);

describe('Wi-Fi networks that the computer sees', () => {
  it('are read from nmcli, with colons in their names, strongest first and each once', async () => {
    const out = `home:45\nhome:80\ncaf\\:e \\\\1:90\n:70\nmpyfleet-${ESP}:61\nbroken\n`;
    expect(await nearNetworks(system('nmcli', out), 'linux')).toEqual([
      { ssid: 'caf:e \\1', signal: 90 },
      { ssid: 'home', signal: 80 },
      { ssid: `mpyfleet-${ESP}`, signal: 61 },
    ]);
  });

  it('are read from netsh in any language', async () => {
    const out = [
      'Schnittstellenname : WLAN ',
      'SSID 1 : home',
      '    Authentifizierung  : WPA2-Personal',
      '    BSSID 1            : 02:00:00:00:00:01',
      '         Signal        : 35%  ',
      '    BSSID 2            : 02:00:00:00:00:02',
      '         Signal        : 83%  ',
      'SSID 2 : ',
      `SSID 3 : mpyfleet-${ESP}`,
    ].join('\r\n');
    expect(await nearNetworks(system('netsh', out), 'win32')).toEqual([
      { ssid: 'home', signal: 83 },
      { ssid: `mpyfleet-${ESP}`, signal: undefined },
    ]);
  });

  it('are read from airport, and on a newer macOS from system_profiler', async () => {
    const out = [
      '                            SSID BSSID             RSSI CHANNEL HT CC SECURITY',
      '                      my network 02:00:00:00:00:01 -60  6       Y  DE WPA2(PSK/AES/AES)',
      '                   mpyfleet-a0b1                   -40  1       Y  -- WPA2(PSK/AES/AES)',
    ].join('\n');
    const found = [
      { ssid: 'mpyfleet-a0b1', signal: 100 },
      { ssid: 'my network', signal: 80 },
    ];
    expect(await nearNetworks(system('airport', out), 'darwin')).toEqual(found);
    const entry = { _name: 'home', spairport_signal_noise: '-75 dBm / -90 dBm' };
    const json = JSON.stringify({ SPAirPortDataType: [{ others: [entry, { _name: 7 }] }] });
    expect(await nearNetworks(system('system_profiler', json), 'darwin')).toEqual([
      { ssid: 'home', signal: 50 },
    ]);
    expect(await nearNetworks(system('system_profiler', 'no JSON'), 'darwin')).toEqual([]);
  });

  it('are unknown where the system has no tool', async () => {
    expect(await nearNetworks(system('iwlist', ''), 'linux')).toBeUndefined();
    expect(await nearNetworks(system('nmcli', ''), 'freebsd')).toBeUndefined();
  });
});

describe('boards that have opened a network', () => {
  it('are named with their passwords if this computer has their admin keys', async () => {
    const networks = ['home', `mpyfleet-${ESP}`, 'mpyfleet-beef', 'mpyfleet-cafe', 'mpyfleet-../x'];
    const keys: Record<string, 'admin' | 'operator'> = { [ESP]: 'admin', cafe: 'operator' };
    const found = await boardsNear(
      networks.map((ssid) => ({ ssid, signal: 50 })),
      (uid) => {
        const role = keys[uid];
        return Promise.resolve(role && { role, key: KEY });
      },
    );
    expect(found.map(({ uid, password }) => [uid, password])).toEqual([
      [ESP, accessPointPassword(KEY, ESP)],
      ['beef', undefined],
      ['cafe', undefined],
      [undefined, undefined],
    ]);
  });
});

describe('a network that only a phone sees', () => {
  const keyOf = (uid: string) =>
    Promise.resolve(uid === ESP ? { role: 'admin' as const, key: KEY } : undefined);

  it.each([`mpyfleet-${ESP}`, ESP, ` MPYFLEET-${ESP.toUpperCase()} `])(
    'is found as %j, with its password',
    async (name) => {
      expect(await boardNamed(name, keyOf)).toMatchObject({
        ...{ ssid: `mpyfleet-${ESP}`, uid: ESP, password: accessPointPassword(KEY, ESP) },
      });
    },
  );

  it('has no password here without its key, and is rejected if it is not that of a board', async () => {
    expect((await boardNamed('mpyfleet-beef', keyOf)).password).toBeUndefined();
    for (const name of ['', 'mpyfleet-', 'home']) {
      await expect(boardNamed(name, keyOf)).rejects.toThrow('is not the name of a network');
    }
  });
});
