import multicastDns from 'multicast-dns';
import { afterEach, describe, expect, it } from 'vitest';
import { webreplAddress, webreplUrl } from '../../../src/core/parseAddress';
import { hostOf } from '../../../src/core/webrepl/webreplFound';
import { localLookup } from '../../../src/transports/mdns/localNames';
import { localBrokerHost } from '../../../src/transports/mqtt/localBrokerHost';

describe('an IPv6 address of a WebREPL board', () => {
  it.each([
    ['fe80::1%eth0', 'ws://[fe80::1%eth0]:8266/', 'fe80::1%eth0'],
    ['ws://[fe80::1%25eth0]:80', 'ws://[fe80::1%eth0]:80/', 'fe80::1%eth0'],
    ['[FE80::1%12]:8267', 'ws://[fe80::1%12]:8267/', 'fe80::1%12'],
    ['wss://fe80::a%en0/x', 'wss://[fe80::a%en0]:8266/x', 'fe80::a%en0'],
    ['2001:db8::5', 'ws://[2001:db8::5]:8266/', undefined],
    ['ws://[::1]:9000/', 'ws://[::1]:9000/', undefined],
  ])('may be written as %s', (text, canonical, zoned) => {
    const address = webreplAddress(text);
    expect(address.text).toBe(canonical);
    expect(webreplAddress(address.text)).toEqual(address);
    expect(webreplUrl(address).zoned).toBe(zoned);
    expect(webreplUrl(address).url.href).not.toContain('%');
    expect(hostOf(address)).toMatch(/^\[[0-9a-f:]+\]$/);
  });

  it.each(['fe80::%', 'fe80:::1', 'a::z', '[fe80::1%e h]'])('is not %s', (text) => {
    expect(() => webreplAddress(text)).toThrow('is not a host name');
  });
});

describe('a name that ends in .local', () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  /** A network in which devices of these names answer. */
  async function network(devices: Record<string, string>) {
    const mdns = {
      port: 20_000 + Math.floor(Math.random() * 10_000),
      interface: '127.0.0.1',
      bind: '0.0.0.0',
    };
    const responder = multicastDns(mdns);
    ends.push(() => responder.destroy());
    responder.on('query', ({ questions }) => {
      for (const { name } of questions) {
        const data = devices[name];
        if (data !== undefined) responder.respond([{ name, type: 'A', ttl: 1, data }]);
      }
    });
    await new Promise<void>((resolve) => responder.once('ready', resolve));
    return localLookup(mdns);
  }

  it('is found for a broker, whose certificate is still compared with the name', async () => {
    const devices = { 'desk.local': '127.0.0.7' };
    const lookup = await network(devices);
    const found = { hostname: '127.0.0.7', servername: 'desk.local' };
    expect(await localBrokerHost('mqtts://desk.local:8883', lookup)).toEqual(found);
    devices['desk.local'] = '127.0.0.8';
    expect(await localBrokerHost('mqtt://desk.local:1883', lookup)).toMatchObject({
      hostname: '127.0.0.8',
    });
    expect(await localBrokerHost('ws://desk.local/mqtt', lookup)).toEqual({
      wsOptions: { lookup },
    });
    expect(await localBrokerHost('mqtt://127.0.0.1:1883', lookup)).toEqual({});
  });

  it('is given as one address or as a list, and takes only an address for an answer', async () => {
    const lookup = await network({ 'desk.local': '127.0.0.7' });
    const all = new Promise((resolve) =>
      lookup('desk.local', { all: true }, (_error, found) => resolve(found)),
    );
    expect(await all).toEqual([{ address: '127.0.0.7', family: 4 }]);
  });
});
