import type { JsonSchema } from './jsonSchema';
import { isRecord, record } from './records';
import { SECRET_NAME } from './template';

/** The settings of one board by their names in documents. Values are checked against {@link CONFIG_SCHEMA}. */
export type BoardConfig = Readonly<Record<string, unknown>>;

/** One setting: its name in documents, its keys in the agent's config.json, and the conversion between them. */
export interface Setting {
  readonly name: string;
  /** Converts a value to the agent's keys; null stands for the agent's default. */
  readonly toAgent: (value: unknown) => Record<string, unknown>;
  /** Returns the value, or undefined if the agent does not report it, so its default applies. */
  readonly fromAgent: (config: Readonly<Record<string, unknown>>) => unknown;
  /** It contains secrets, which are sent only encrypted and only to a board connected to its broker. */
  readonly sealed?: true;
  /** It takes effect at the board's next start. */
  readonly restart?: true;
  readonly schema: JsonSchema;
}

const LEVELS = new Map([
  ['debug', 'D'],
  ['info', 'I'],
  ['warning', 'W'],
  ['error', 'E'],
  ['critical', 'C'],
]);

const nullable = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });
const text = (maxLength: number, description: string): JsonSchema => ({
  ...{ type: 'string', maxLength, description },
});
const number = (minimum: number, maximum: number, description: string): JsonSchema => ({
  ...{ type: 'integer', minimum, maximum, description },
});

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

const same = (name: string, schema: JsonSchema, more: Partial<Setting> = {}): Setting =>
  renamed(name, name, schema, more);

const renamed = (
  name: string,
  key: string,
  schema: JsonSchema,
  more: Partial<Setting> = {},
): Setting => ({
  name,
  schema: nullable(schema),
  toAgent: (value) => ({ [key]: value }),
  fromAgent: (config) => config[key],
  ...more,
});

/** Every setting that can be changed remotely. */
export const SETTINGS: readonly Setting[] = [
  same(
    'name',
    text(64, 'name of the board; {name} and {n} in it stand for its name and its number'),
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
        'difference from UTC, such as +02:00; kept for programs and for what reads its logs',
    },
    {
      toAgent: (value) => ({ tz: typeof value === 'string' ? minutesOf(value) : null }),
      fromAgent: ({ tz }) => (typeof tz === 'number' ? offsetOf(tz) : undefined),
    },
  ),
  same('wifi', WIFI, {
    sealed: true,
    restart: true,
    toAgent: (value) => ({ wifi: Array.isArray(value) ? value.map(networkToAgent) : null }),
    fromAgent: ({ wifi }) => (Array.isArray(wifi) ? wifi.map(networkFromAgent) : undefined),
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
      fromAgent: ({ log }) => [...LEVELS].find(([, letter]) => letter === log)?.[0],
    },
  ),
  renamed('telemetry', 'tm', number(0, 86_400, 'seconds between telemetry; 0: none')),
  same('keepalive', number(1, 3600, 'seconds between signs of life to the broker'), {
    restart: true,
  }),
  renamed(
    'watchdog',
    'wd',
    {
      type: 'object',
      description: 'when the board restarts automatically',
      properties: {
        limit: number(10, 86_400, 'seconds without an answer of the broker (default: 300)'),
        confirm: number(1, 86_400, 'seconds after which a start counts as good (default: 60)'),
        outage: {
          enum: ['tolerate', 'reboot'],
          description: 'what to do without a broker (default: tolerate)',
        },
        hardware: number(0, 3600, 'seconds of the hardware watchdog; 0: off (default)'),
      },
    },
    {
      restart: true,
      toAgent: (value) => ({ wd: renameKeys(value, WATCHDOG) }),
      fromAgent: ({ wd }) => renameKeys(wd, inverse(WATCHDOG)) ?? undefined,
    },
  ),
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

const WATCHDOG = { limit: 'limit', confirm: 'allok', outage: 'outage', hardware: 'hw' };

function inverse(names: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(names).map(([a, b]) => [b, a]));
}

/** Null if the value is not an object. */
function renameKeys(
  value: unknown,
  names: Readonly<Record<string, string>>,
): Record<string, unknown> | null {
  if (!isRecord(value)) return null;
  const known = Object.entries(value).filter(([name]) => Object.hasOwn(names, name));
  return Object.fromEntries(known.map(([name, v]) => [names[name] ?? name, v]));
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

function minutesOf(offset: string): number {
  const [hours = 0, minutes = 0] = offset.slice(1).split(':').map(Number);
  return (offset.startsWith('-') ? -1 : 1) * (60 * hours + minutes);
}

function offsetOf(tz: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const all = Math.abs(tz);
  return `${tz < 0 ? '-' : '+'}${two(Math.floor(all / 60))}:${two(all % 60)}`;
}
