import { describe, expect, it } from 'vitest';
import { configJson } from '../../../../src/core/agent/agentConfig';
import { nameOnNetwork } from '../../../../src/core/broker/localBroker';
import { keyText, newBoardKey, parseKey } from '../../../../src/core/agent/agentKeys';
import {
  startLines,
  withoutStartLines,
  withStartLines,
} from '../../../../src/core/files/agentStartLines';
import {
  brokerUrlProblem,
  isLoopback,
  profileId,
  readProfiles,
} from '../../../../src/core/broker/brokerProfiles';

describe('start lines', () => {
  const program = 'import time\nwhile True:\n    time.sleep(1)\n';

  it('stand first and once, even if added repeatedly', () => {
    const once = withStartLines(program);
    expect(once.indexOf('import mpyfleet')).toBeLessThan(once.indexOf('import time'));
    expect(withStartLines(withStartLines(once))).toBe(once);
    expect(startLines(once) + program).toBe(once);
    expect(startLines(program)).toBe('');
  });

  it('are removed without a trace', () => {
    expect(withoutStartLines(withStartLines(program))).toBe(program);
    expect(withoutStartLines(withStartLines(''))).toBe('');
  });

  it('are found at the end of a file, too, and with other line ends', () => {
    const old = `${program}\n${withStartLines('')}`.replaceAll('\n', '\r\n');
    expect(withoutStartLines(old)).toBe(`${program}\n`.replaceAll('\n', '\r\n'));
  });
});

const AT = { main: '/flash/main.py', ca: '/flash/mpyfleet/ca.pem' };

describe('configuration', () => {
  it('contains what the agent reads, signed unless there is no key', () => {
    const key = newBoardKey();
    const config = JSON.parse(
      configJson(
        {
          name: 'it\'s "me"',
          wifi: [{ ssid: 'näme', key: 'pass' }],
          broker: {
            host: 'h',
            otherHost: 'desk.local',
            port: 8883,
            user: 'u',
            password: 'p',
            tls: { ca: 'PEM', verify: true, name: 'desk' },
          },
          adminKey: key,
        },
        AT,
      ),
    ) as Record<string, unknown>;
    expect(config).toMatchObject({
      name: 'it\'s "me"',
      mode: 'signed',
      keys: { admin: Buffer.from(key).toString('hex') },
      broker: {
        ...{ host: 'h', port: 8883, ssl: { ca: '/flash/mpyfleet/ca.pem', name: 'desk' } },
        other: {
          ...{ host: 'desk.local', port: 8883, user: 'u', password: 'p' },
          ssl: { ca: '/flash/mpyfleet/ca.pem', name: 'desk' },
        },
      },
      app: '/flash/main.py',
    });
    const open = JSON.parse(configJson({ name: '', broker: { host: 'h', port: 1 } }, AT)) as object;
    expect(open).toMatchObject({ mode: 'open', broker: { host: 'h', port: 1 } });
    expect(open).not.toHaveProperty('keys');
  });
});

describe('keys', () => {
  it('are random, and are read back unchanged', () => {
    const key = { role: 'admin' as const, key: newBoardKey() };
    expect(parseKey(keyText(key))).toEqual({ role: 'admin', key: Buffer.from(key.key) });
    expect(newBoardKey()).not.toEqual(key.key);
  });

  it('are rejected by an error that does not repeat them', () => {
    for (const bad of ['', 'admin:12', `root:${'a'.repeat(64)}`, 'zz']) {
      expect(() => parseKey(bad)).toThrow(/not a key of a board/);
      expect(() => parseKey(bad)).not.toThrow(/12|root|zz/);
    }
  });
});

describe('broker profiles', () => {
  it('accepts valid ones and names the errors of the others', () => {
    const { profiles, problems } = readProfiles([
      { id: 'a', url: 'mqtts://h:8883', username: 'u', password: 'never' },
      { id: 'A B', url: 'mqtt://h' },
      { id: 'a', url: 'mqtt://other' },
      { id: 'b', url: 'http://h' },
      { id: 'c', url: 'mqtt://user:secret@h' },
      { id: 'd', url: 'wss://h/mqtt', root: '../x' },
      { id: 'e', url: 'mqtts://h:8884', boardUrl: 'mqtts://h:8883' },
      { id: 'f', url: 'wss://h/mqtt', boardUrl: 'wss://h/mqtt' },
      7,
    ]);
    expect(profiles).toEqual([
      { id: 'a', name: 'a', url: 'mqtts://h:8883', username: 'u' },
      { id: 'e', name: 'e', url: 'mqtts://h:8884', boardUrl: 'mqtts://h:8883' },
    ]);
    expect(problems).toHaveLength(7);
    expect(problems.join()).not.toContain('secret');
  });

  it('knows addresses', () => {
    expect(nameOnNetwork('Desk-7.example.org')).toBe('desk-7.local');
    for (const bad of ['', 'localhost', '10', 'a b', '-a'])
      expect(nameOnNetwork(bad)).toBe(undefined);
    expect(brokerUrlProblem('mqtt://host:1883')).toBeUndefined();
    expect(brokerUrlProblem('host')).toBeDefined();
    expect(isLoopback({ url: 'mqtt://127.0.0.1:1' })).toBe(true);
    expect(isLoopback({ url: 'mqtt://10.0.0.1:1' })).toBe(false);
    expect(profileId('Büro #1', ['b-ro-1'])).toBe('b-ro-1-2');
  });
});
