import { HARDWARE_SETTINGS } from './hardwareSettings';
import type { JsonSchema } from './jsonSchema';
import { isRecord, record } from '../json';
import { LEVELS, number, renamed, same, text, type Setting } from './settingKit';
import { zoneMinutes, zoneText } from '../timeZone';

/** The settings of one board by their names in documents. Values are checked against {@link CONFIG_SCHEMA}. */
export type BoardConfig = Readonly<Record<string, unknown>>;

/** A secret's name, which may contain placeholders: `{secret:wifi-{name}}`. */
export const SECRET_NAME = '(?:[\\w.-]|\\{(?:name|uid|platform|n(?::\\d)?)\\}){1,64}';

/** A reference to a password. A document never contains the password itself. */
const SECRET: JsonSchema = {
  type: 'string',
  pattern: `^(\\{secret:${SECRET_NAME}\\})?$`,
  description: 'a reference such as {secret:office-wifi}; the password itself is kept elsewhere',
};

const TLS: JsonSchema = {
  type: 'object',
  description: 'connect with TLS; leave it out for a broker without',
  properties: {
    verify: { type: 'boolean', description: "check the broker's certificate (default: true)" },
    ca: text(255, "path on the board of the authority's certificate, PEM or DER"),
    name: text(255, 'the name in the certificate, if it is not the host'),
    cert: text(255, "path on the board of the board's own certificate"),
    key: text(255, 'path on the board of the key of that certificate'),
  },
};

const BROKER_PARTS: Readonly<Record<string, JsonSchema>> = {
  host: { ...text(255, 'host name or address'), minLength: 1 },
  port: number(1, 65535, 'port (default: 1883, with tls 8883)'),
  user: text(255, 'user name'),
  password: SECRET,
  tls: TLS,
};

const BROKER: JsonSchema = {
  type: 'object',
  description:
    'the MQTT broker; user and password that are left out stay as they are while the host is the same',
  required: ['host'],
  properties: {
    ...BROKER_PARTS,
    second: {
      type: 'object',
      description: 'a second broker, used after three failures in a row with the first',
      required: ['host'],
      properties: BROKER_PARTS,
    },
  },
};

const WIFI: JsonSchema = {
  type: 'array',
  maxItems: 8,
  description:
    'Wi-Fi networks, tried in this order; a password that is left out does not change on the board',
  items: {
    type: 'object',
    required: ['ssid'],
    properties: {
      ssid: { ...text(32, 'name of the network'), minLength: 1 },
      password: SECRET,
    },
  },
};

const NETWORK: JsonSchema = {
  type: 'object',
  maxProperties: 1,
  description:
    'a network other than Wi-Fi: a module on the board that connects, with its settings, such as {ethernet: {}}',
  additionalProperties: {
    type: 'object',
    properties: { password: SECRET },
    additionalProperties: true,
  },
};

/** Every setting that can be changed remotely. */
export const SETTINGS: readonly Setting[] = [
  same(
    'name',
    text(
      64,
      'name of the board, and its host name in the Wi-Fi network (DHCP) from its next start; {name} and {n} in it stand for its name and its number',
    ),
  ),
  same('tags', {
    type: 'array',
    maxItems: 16,
    items: { type: 'string', minLength: 1, maxLength: 32, pattern: '^[^/+#]+$' },
    description: 'tags, by which boards are chosen (tag:lab)',
  }),
  renamed('kind', 'type', text(64, 'what the board is for, such as "door sensor"')),
  same('location', text(64, 'where it is')),
  renamed(
    'timezone',
    'tz',
    {
      type: 'string',
      pattern: '^[+-](0\\d|1[0-4]):[0-5]\\d$',
      description:
        'difference from UTC, such as +02:00; times of its log and in Board Info are shown so',
    },
    {
      toAgent: (value) => ({ tz: typeof value === 'string' ? zoneMinutes(value) : null }),
      fromAgent: ({ tz }) => (typeof tz === 'number' ? zoneText(tz) : undefined),
    },
  ),
  same('wifi', WIFI, {
    sealed: true,
    restart: true,
    toAgent: (value) => ({ wifi: Array.isArray(value) ? value.map(networkToAgent) : null }),
    fromAgent: ({ wifi }) => (Array.isArray(wifi) ? wifi.map(networkFromAgent) : undefined),
  }),
  same('network', NETWORK, {
    sealed: true,
    restart: true,
    fromAgent: ({ network }) =>
      mapValues(network, (options) => {
        const known = Object.entries(record(options)).filter(([key]) => key !== 'h');
        return Object.fromEntries(known);
      }) ?? undefined,
  }),
  {
    ...{ name: 'broker', sealed: true, restart: true, schema: BROKER },
    toAgent: (value) => ({ broker: brokerToAgent(value) }),
    fromAgent: ({ broker }) => brokerFromAgent(broker),
  },
  same(
    'log',
    { enum: [...LEVELS.keys()], description: 'lowest level that the board logs' },
    {
      toAgent: (value) => ({ log: LEVELS.get(String(value)) ?? null }),
      fromAgent: ({ log }) => levelName(log),
    },
  ),
  renamed(
    'loggers',
    'level',
    {
      type: 'object',
      maxProperties: 16,
      additionalProperties: { enum: [...LEVELS.keys()] },
      description: 'lowest level of single loggers, such as {mqtt: debug, aioble: error}',
    },
    {
      toAgent: (value) => ({ level: mapValues(value, (level) => LEVELS.get(String(level))) }),
      fromAgent: ({ level }) => mapValues(level, levelName) ?? undefined,
    },
  ),
  renamed('telemetry', 'tm', number(0, 86_400, 'seconds between telemetry; 0: none')),
  renamed(
    'accessPoint',
    'ap',
    number(
      0,
      3600,
      'seconds after power-on in which a board without a network opens its own; 0: never',
    ),
  ),
  same('keepalive', number(1, 3600, 'seconds between signs of life to the broker'), {
    restart: true,
  }),
  ...HARDWARE_SETTINGS,
  renamed(
    'program',
    'app',
    { ...text(255, "path of the board's program, such as /main.py"), pattern: '^/' },
    { restart: true },
  ),
  same(
    'modules',
    {
      type: 'object',
      maxProperties: 16,
      additionalProperties: true,
      description: 'modules that the agent starts, each with its settings: {blinky: {topic: x}}',
    },
    { restart: true },
  ),
  same(
    'ntp',
    {
      anyOf: [text(64, 'time server; false: never ask one'), { enum: [false] }],
      description: 'time server; false: never ask one',
    },
    {
      toAgent: (value) => ({ ntp: value === false ? 0 : value }),
      fromAgent: ({ ntp }) => (ntp === 0 ? false : ntp),
    },
  ),
];

/** A whole document: any of the settings, for all boards it is applied to. */
export const CONFIG_SCHEMA: JsonSchema = {
  type: 'object',
  properties: Object.fromEntries(SETTINGS.map((s) => [s.name, s.schema])),
};

function levelName(level: unknown): string | undefined {
  return [...LEVELS].find(([, letter]) => letter === level)?.[0];
}

/** Maps the values of an object; returns null for any other value. */
function mapValues(value: unknown, to: (v: unknown) => unknown): Record<string, unknown> | null {
  if (!isRecord(value)) return null;
  return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, to(v)]));
}

function networkToAgent(value: unknown): Record<string, unknown> {
  const { ssid, password } = record(value);
  return { ssid, ...(password === undefined ? {} : { key: password }) };
}

function networkFromAgent(value: unknown): Record<string, unknown> {
  return { ssid: record(value).ssid };
}

function brokerToAgent(value: unknown): Record<string, unknown> {
  const { tls, second, ...rest } = record(value);
  return {
    ...rest,
    ...(tls ? { ssl: tls } : {}),
    ...(second ? { other: brokerToAgent(second) } : {}),
  };
}

function brokerFromAgent(value: unknown): Record<string, unknown> | undefined {
  if (!isRecord(value)) return undefined;
  const { host, port, ssl, other } = value;
  return {
    host,
    ...(port === undefined ? {} : { port }),
    ...(isRecord(ssl) ? { tls: ssl } : {}),
    ...(isRecord(other) ? { second: brokerFromAgent(other) } : {}),
  };
}
