import type { JsonSchema } from './jsonSchema';
import { isRecord } from '../json';

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

/** Returns a schema that also permits null, which stands for the agent's default. */
export const nullable = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });
/** Returns the schema of a text of at most `maxLength` characters. */
export const text = (maxLength: number, description: string): JsonSchema => ({
  ...{ type: 'string', maxLength, description },
});
/** Returns the schema of an integer from `minimum` to `maximum`. */
export const number = (minimum: number, maximum: number, description: string): JsonSchema => ({
  ...{ type: 'integer', minimum, maximum, description },
});

/** Defines a setting with the same name in the document and in config.json. */
export const same = (name: string, schema: JsonSchema, more: Partial<Setting> = {}): Setting =>
  renamed(name, name, schema, more);

/** Defines a setting that is called `name` in the document and `key` in config.json. */
export const renamed = (
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

/** Swaps names and values. */
export function inverse(names: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(names).map(([a, b]) => [b, a]));
}

/** Renames keys of an object; returns null for any other value. */
export function renameKeys(
  value: unknown,
  names: Readonly<Record<string, string>>,
): Record<string, unknown> | null {
  if (!isRecord(value)) return null;
  const known = Object.entries(value).filter(([name]) => Object.hasOwn(names, name));
  return Object.fromEntries(known.map(([name, v]) => [names[name] ?? name, v]));
}

/** Levels of the log by their names in documents, with the letters of the protocol. */
export const LEVELS = new Map([
  ['debug', 'D'],
  ['info', 'I'],
  ['warning', 'W'],
  ['error', 'E'],
  ['critical', 'C'],
]);
