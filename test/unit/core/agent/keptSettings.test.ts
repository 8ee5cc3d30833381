import { expect, it } from 'vitest';
import { keptSettings } from '../../../../src/core/agent/keptSettings';

const [OURS, NEW, ANN, FORMER] = ['aa', 'bb', 'cc', 'dd'].map((hex) => hex.repeat(32)) as [
  string,
  string,
  string,
  string,
];
const OLD = {
  name: 'kitchen',
  ...{ tags: ['home'], root: 'lab', mode: 'signed', app: '/main.py', cfgv: 7 },
  ...{ tz: '<+01>-1', modules: { dht: {} }, hw: { activity: 2 }, ap: 60, mtu: 512 },
  wifi: [{ ssid: 'home', key: 'old password' }],
  broker: { host: 'office', port: 1883, user: 'u', password: 'p', backoff: [1, 9] },
  keys: { admin: OURS, 'viewer:ann': ANN },
};
const FRESH = {
  ...{ name: 'esp32-1', mode: 'signed', app: '/main.py' },
  broker: { host: 'office', port: 1883 },
  keys: { admin: NEW },
};
const known = Buffer.from(OURS, 'hex');

it('keeps every setting that is not named, and the login is the new one', () => {
  const { settings, words } = keptSettings(OLD, FRESH, { isNameGuess: true, known });
  const { root, ...kept } = OLD;
  expect(root).toBe('lab');
  expect(settings).toEqual({
    ...kept,
    broker: { host: 'office', port: 1883, backoff: [1, 9] },
    keys: { admin: NEW, 'viewer:ann': ANN },
  });
  expect(words).toBe('Its other settings stay.');
});

it('says what the named settings replace, and shows no password or key', () => {
  const fresh = {
    ...FRESH,
    tags: ['attic'],
    broker: { host: 'attic', port: 1883 },
    wifi: [{ ssid: 'attic', key: 'x' }],
  };
  const old = { ...OLD, network: { ethernet: {} }, keys: { admin: FORMER, 'admin:bob': FORMER } };
  const { settings, words } = keptSettings(old, fresh, { known });
  expect(words).toBe(
    'Its other settings stay. Replaced: name kitchen, tags home, broker office, network ethernet, keys admin, admin:bob.',
  );
  expect(settings).toMatchObject({
    ...{ name: 'esp32-1', tags: ['attic'], broker: { host: 'attic', port: 1883 } },
    wifi: [
      { ssid: 'attic', key: 'x' },
      { ssid: 'home', key: 'old password' },
    ],
  });
  expect(settings).not.toHaveProperty('network');
});

it('ends the keys of a former owner: only a board that accepts our key keeps those of others', () => {
  const old = { ...OLD, keys: { admin: FORMER, 'viewer:ann': ANN } };
  for (const ours of [undefined, known]) {
    const { settings, words } = keptSettings(old, FRESH, { known: ours });
    expect(settings.keys).toEqual({ admin: NEW });
    expect(words).toContain('keys admin, viewer:ann');
  }
});

it('starts no program on a board whose owner has turned it off, and ends open mode', () => {
  const { app, keys, ...off } = OLD;
  expect([app, keys]).toBeDefined();
  const { settings, words } = keptSettings({ ...off, mode: 'open' }, FRESH, {});
  expect(settings).not.toHaveProperty('app');
  expect(settings).toMatchObject({ mode: 'signed', keys: { admin: NEW } });
  expect(words).toContain('open mode');
});

it('shows nothing of the board that could act on a message', () => {
  const old = { ...OLD, name: 'a\n[x](command:y)\u202e', broker: { host: 'h\u001b[2J', port: 1 } };
  const { words } = keptSettings(old, FRESH, {});
  for (const bad of ['\n', '\u001b', '\u202e', '](']) expect(words).not.toContain(bad);
});
