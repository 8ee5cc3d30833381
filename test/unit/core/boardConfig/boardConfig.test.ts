import { describe, expect, it } from 'vitest';
import {
  agentValues,
  checkConfig,
  configChanges,
  configText,
  fillTemplate,
  parseConfig,
  reportedConfig,
} from '../../../../src/core/boardConfig';

const reported = (raw: Record<string, unknown>) => ({
  raw,
  fingerprint: (plain: string) => `#${plain}`,
  trial: 'none' as const,
  why: '',
});

describe('a configuration document', () => {
  it('is read from YAML and JSON, and written so that it is read back unchanged', () => {
    const config = parseConfig(
      'name: "{name}-{n:2}"\ntags: [lab]\ntimezone: +05:30\nwatchdog: {limit: 60, outage: reboot}\n',
    );
    expect(config).toEqual({
      name: '{name}-{n:2}',
      tags: ['lab'],
      timezone: '+05:30',
      watchdog: { limit: 60, outage: 'reboot' },
    });
    expect(parseConfig(JSON.stringify(config))).toEqual(config);
    expect(parseConfig(configText(config))).toEqual(config);
  });

  it.each([
    ['unknown: 1', /Unknown setting "unknown"/],
    ['telemetry: -1', /telemetry must be a whole number from 0 to 86400/],
    ['telemetry: 1.5', /whole number/],
    ['name: 7', /name must be a text/],
    ['tags: [a/b]', /tags\[0\]/],
    ['log: loud', /one of "debug"/],
    ['wifi: [{}]', /wifi\[0\] needs "ssid"/],
    ['wifi: [{ssid: x, password: hunter2}]', /a reference such as \{secret:office-wifi\}/],
    ['broker: {}', /broker needs "host"/],
    ['broker: {host: x, port: 70000}', /broker\.port/],
    ['watchdog: {limit: 1}', /watchdog\.limit/],
    ['pins: {activity: -1}', /pins\.activity/],
    ['pins: {battery: ""}', /pins\.battery/],
    ['pins: {camera: 1}', /Unknown setting "pins\.camera"/],
    ['loggers: {mqtt: X}', /loggers\.mqtt must be one of/],
    ['heap: {idf_heap_min: many}', /heap\.idf_heap_min must be a whole number/],
    ['afterRun: later', /must be one of "keep", "restart"/],
    ['program: main.py', /program/],
    ['modules: {a: &a [1], b: *a}', /cannot be read|alias/i],
    ['a: b: c', /cannot be read/],
    ['- 1', /must be an object/],
    [`name: ${'x'.repeat(100_001)}`, /longer than/],
  ])('is refused for %s', (text, why) => {
    expect(() => parseConfig(text)).toThrow(why);
  });

  it('treats null as the default, and requires all fields of a broker', () => {
    expect(checkConfig({ name: null, wifi: null })).toEqual({ name: null, wifi: null });
    expect(() => checkConfig({ broker: null })).toThrow(/broker must be an object/);
  });
});

describe('settings of the chip', () => {
  const config = {
    loggers: { mqtt: 'debug', app: 'error' },
    pins: { activity: 2, failure: 'LED', activeLow: true, battery: 34, scale: 2000 },
    heap: { idf_heap_min: 60_000 },
    afterRun: 'restart',
  };

  it('have short names in the agent, and are read back unchanged', () => {
    const raw = agentValues(configChanges(config, reported({})));
    expect(raw).toEqual({
      level: { mqtt: 'D', app: 'E' },
      hw: { activity: 2, failure: 'LED', low: true, battery: 34, scale: 2000 },
      heap: { idf_heap_min: 60_000 },
      after: 'restart',
    });
    expect(reportedConfig({ raw })).toEqual(config);
    expect(configChanges(config, reported(raw))).toEqual([]);
  });

  it('go back to the defaults with null', () => {
    const none = { loggers: null, pins: null, heap: null, afterRun: null };
    const all = reported({ level: {}, hw: {}, heap: {}, after: 'keep' });
    expect(agentValues(configChanges(none, all))).toEqual({
      level: null,
      hw: null,
      heap: null,
      after: null,
    });
  });
});

describe('a template', () => {
  const values = {
    name: 'kitchen',
    uid: 'ab01',
    platform: 'esp32',
    n: 7,
    secret: (name: string) => Promise.resolve(name === 'wifi' ? 'p{n}"' : undefined),
  };

  it('is filled for one board, and secrets are inserted literally', async () => {
    const config = {
      name: '{platform}-{n:2}',
      tags: ['{name}', '{other}'],
      wifi: [{ ssid: 'home', password: '{secret:wifi}' }],
      telemetry: 30,
    };
    expect(await fillTemplate(config, values)).toEqual({
      name: 'esp32-07',
      tags: ['kitchen', '{other}'],
      wifi: [{ ssid: 'home', password: 'p{n}"' }],
      telemetry: 30,
    });
  });

  it('expands no placeholder in a name that a board has given itself', async () => {
    const config = { name: 'x-{name}', location: '{secret:{name}}' };
    const asked: string[] = [];
    const secret = (name: string) => {
      asked.push(name);
      return Promise.resolve('s');
    };
    const own = { ...values, secret, name: '{secret:wifi}' };
    expect(await fillTemplate(config, own)).toEqual({ name: 'x-{secret:wifi}', location: 's' });
    expect(asked).toEqual(['_secret_wifi_']);
  });

  it('names a missing secret', async () => {
    const config = { broker: { host: 'x', password: '{secret:gone}' } };
    await expect(fillTemplate(config, values)).rejects.toThrow('No secret "gone" is stored');
  });
});

describe("the difference from a board's report", () => {
  const raw = {
    name: 'kitchen',
    tm: 60,
    log: 'I',
    tz: -90,
    wd: { allok: 4 },
    wifi: [{ ssid: 'home', h: '#right' }],
    broker: { host: 'b', port: 1883, h: '#me\0pass', other: { host: 'c', h: '#\0' } },
    keys: ['admin'],
  };
  const names = (desired: Record<string, unknown>) =>
    configChanges(desired, reported(raw)).map((c) => c.setting.name + (c.secretOnly ? '!' : ''));

  it('uses the names of documents', () => {
    expect(reportedConfig({ raw })).toEqual({
      name: 'kitchen',
      timezone: '-01:30',
      wifi: [{ ssid: 'home' }],
      broker: { host: 'b', port: 1883, second: { host: 'c' } },
      log: 'info',
      telemetry: 60,
      watchdog: { confirm: 4 },
    });
  });

  it("is empty for the board's own report", () => {
    expect(names(reportedConfig({ raw }))).toEqual([]);
  });

  it('includes defaults and missing settings', () => {
    expect(names({ name: 'kitchen', telemetry: 30, ntp: false, location: null })).toEqual([
      'telemetry',
      'ntp',
    ]);
    expect(names({ tags: null, modules: { a: {} }, watchdog: null })).toEqual([
      'watchdog',
      'modules',
    ]);
  });

  it('detects a different password by its fingerprint', () => {
    const wifi = (password: string) => ({ wifi: [{ ssid: 'home', password }] });
    expect(names(wifi('right'))).toEqual([]);
    expect(names(wifi('wrong'))).toEqual(['wifi!']);
    expect(names({ wifi: [{ ssid: 'home' }] })).toEqual([]);
    expect(names({ wifi: [{ ssid: 'other', password: 'right' }] })).toEqual(['wifi']);
    const broker = (user: string, password: string) => ({
      broker: { host: 'b', port: 1883, user, password, second: { host: 'c' } },
    });
    expect(names(broker('me', 'pass'))).toEqual([]);
    expect(names(broker('me', 'other'))).toEqual(['broker!']);
  });
});
