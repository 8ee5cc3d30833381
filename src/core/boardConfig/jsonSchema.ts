import * as l10n from '@vscode/l10n';
import { isRecord } from '../json';

/** The part of JSON Schema that describes a configuration. Checks, editor and documentation use the same description. */
export interface JsonSchema {
  readonly type?: 'string' | 'integer' | 'boolean' | 'object' | 'array' | 'null';
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly items?: JsonSchema;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly maxProperties?: number;
  readonly anyOf?: readonly JsonSchema[];
}

/** Deeper documents are refused before they are checked. */
const MAX_DEPTH = 8;

/**
 * Returns one sentence for each problem of `value`; none if it is valid. `at` is its position, such
 * as `wifi[0].ssid`.
 */
export function schemaProblems(
  schema: JsonSchema,
  value: unknown,
  at: string,
  depth = 0,
): readonly string[] {
  if (depth > MAX_DEPTH) return [l10n.t('{0} is nested too deeply', at)];
  if (schema.anyOf) {
    const all = schema.anyOf.map((s) => schemaProblems(s, value, at, depth));
    return all.some((p) => p.length === 0) ? [] : (all[0] ?? []);
  }
  if (schema.enum) {
    if (schema.enum.includes(value)) return [];
    const words = schema.enum.map((v) => JSON.stringify(v)).join(', ');
    return [l10n.t('{0} must be one of {1}', at, words)];
  }
  switch (schema.type) {
    case 'string':
      return textProblems(schema, value, at);
    case 'integer':
      return numberProblems(schema, value, at);
    case 'boolean':
      return typeof value === 'boolean' ? [] : [l10n.t('{0} must be true or false', at)];
    case 'null':
      return value === null ? [] : [l10n.t('{0} must be empty', at)];
    case 'array':
      return listProblems(schema, value, at, depth);
    case 'object':
      return objectProblems(schema, value, at, depth);
    case undefined:
      return [];
  }
}

function textProblems(schema: JsonSchema, value: unknown, at: string): string[] {
  const { minLength = 0, maxLength = 255, pattern } = schema;
  if (typeof value !== 'string') return [l10n.t('{0} must be a text', at)];
  const bytes = Buffer.byteLength(value);
  if (bytes < minLength || bytes > maxLength) {
    return [l10n.t('{0} must have {1} to {2} bytes; it has {3}', at, minLength, maxLength, bytes)];
  }
  if (pattern === undefined || new RegExp(pattern, 'u').test(value)) return [];
  return [l10n.t('{0} is not in the right form: {1}', at, schema.description ?? pattern)];
}

function numberProblems(schema: JsonSchema, value: unknown, at: string): string[] {
  const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = schema;
  if (Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum) return [];
  return [l10n.t('{0} must be a whole number from {1} to {2}', at, minimum, maximum)];
}

function listProblems(schema: JsonSchema, value: unknown, at: string, depth: number): string[] {
  if (!Array.isArray(value)) return [l10n.t('{0} must be a list', at)];
  const { items, maxItems = 64 } = schema;
  if (value.length > maxItems) return [l10n.t('{0} may have at most {1} entries', at, maxItems)];
  if (!items) return [];
  return value.flatMap((v, i) => schemaProblems(items, v, `${at}[${i}]`, depth + 1));
}

function objectProblems(schema: JsonSchema, value: unknown, at: string, depth: number): string[] {
  if (!isRecord(value)) return [l10n.t('{0} must be an object', at)];
  const { properties = {}, required = [], additionalProperties: other = false } = schema;
  const entries = Object.entries(value);
  const problems: string[] = [];
  if (entries.length > (schema.maxProperties ?? 64)) {
    problems.push(l10n.t('{0} may have at most {1} entries', at, schema.maxProperties ?? 64));
  }
  for (const name of required) {
    if (!Object.hasOwn(value, name)) problems.push(l10n.t('{0} needs "{1}"', at, name));
  }
  for (const [name, v] of entries) {
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const inner = own ?? other;
    const place = at === '' ? name : `${at}.${name}`;
    if (inner === false) {
      const known = Object.keys(properties).join(', ');
      problems.push(l10n.t('Unknown setting "{0}". Settings: {1}', place, known));
    } else if (inner !== true) problems.push(...schemaProblems(inner, v, place, depth + 1));
  }
  return problems;
}
