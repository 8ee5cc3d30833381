import { type JsonSchema, SECRET_NAME } from '../boardConfig';

/** Longer templates are not read. */
export const MAX_TEMPLATE_CHARACTERS = 100_000;

const text = (maxLength: number, description: string): JsonSchema => ({
  ...{ type: 'string', minLength: 1, maxLength, description },
});

/** A template is shared and committed, so it never contains a password itself. */
const SECRET: JsonSchema = {
  type: 'string',
  pattern: `^\\{secret:${SECRET_NAME}\\}$`,
  description: 'a reference such as {secret:office-wifi}; the password itself is kept elsewhere',
};

const TLS: JsonSchema = {
  type: 'object',
  description: 'connect with TLS',
  properties: {
    ca: text(255, "PEM file with the authority's certificate, next to the template"),
    verify: { type: 'boolean', description: "check the broker's certificate (default: true)" },
    name: text(255, 'the name in the certificate, if it is not the host'),
  },
};

const BROKER: JsonSchema = {
  type: 'object',
  description: 'put the agent on the board, for this MQTT broker',
  properties: {
    id: {
      ...text(32, 'a broker of this computer: the board is expected there at the end'),
      pattern: '^[a-z0-9-]+$',
    },
    host: text(255, 'host name or address as the board sees it (default: that of the broker "id")'),
    port: { type: 'integer', minimum: 1, maximum: 65535, description: 'port' },
    root: { ...text(32, 'first level of the topics (default: mpy)'), pattern: '^[\\w-]+$' },
    user: text(255, 'user name; may contain {uid} and {name}'),
    password: SECRET,
    login: {
      enum: ['derived'],
      description: "derive each board's login from the password of an embedded broker",
    },
    handOver: {
      type: 'string',
      pattern: '^\\{secret:[\\w.-]{1,64}\\}$',
      description: "passphrase of a sealed file with the boards' keys, for the owner of the broker",
    },
    tls: TLS,
  },
};

const FIRMWARE: JsonSchema = {
  type: 'object',
  required: ['use'],
  properties: {
    use: text(
      1000,
      'a name of the catalogue such as ESP32_GENERIC_S3@1.25.0, an https address, or a file next to the template',
    ),
    erase: { type: 'boolean', description: 'erase the whole chip first (default: true)' },
  },
};

const FILE: JsonSchema = {
  type: 'object',
  required: ['to'],
  properties: {
    from: text(255, 'folder or file next to the template'),
    text: { type: 'string', maxLength: 65_536, description: 'content; may contain places' },
    to: { ...text(255, 'absolute path on the board'), pattern: '^/(?!(.*/)?\\.\\.(/|$))' },
  },
};

const WIFI: JsonSchema = {
  type: 'object',
  required: ['ssid'],
  properties: {
    ssid: text(32, "the network's name"),
    password: SECRET,
    hidden: { type: 'boolean', description: 'the network does not show its name' },
  },
};

/** The schema of the whole file, used for validation, in the editor and in the documentation. */
export const TEMPLATE_SCHEMA: JsonSchema = {
  type: 'object',
  description: 'how a blank board is set up',
  properties: {
    firmware: FIRMWARE,
    name: text(100, 'name of each board: a range sensor-[001-200], or a text with {n} or {n:3}'),
    tags: { type: 'array', maxItems: 16, items: text(32, 'tag') },
    wifi: { type: 'array', maxItems: 8, items: WIFI, description: 'networks of the board' },
    broker: BROKER,
    accessPoint: {
      type: 'integer',
      minimum: 0,
      maximum: 3600,
      description: 'seconds after power-on in which a board without a network opens its own',
    },
    files: { type: 'array', maxItems: 64, items: FILE, description: 'files for the board' },
    app: text(255, 'folder of an app, next to the template'),
    stubs: { type: 'boolean', description: 'set up type stubs for the editor' },
    label: text(1000, 'text of a label for a printer; may contain places'),
  },
};
