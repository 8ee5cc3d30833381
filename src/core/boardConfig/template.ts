import * as l10n from '@vscode/l10n';
import { UsageError } from '../errors';
import { isRecord } from '../json';
import { SECRET_NAME, type BoardConfig } from './settings';

/** Values for a template's placeholders on one board. */
export interface TemplateValues {
  readonly name: string;
  readonly uid: string;
  readonly platform: string | undefined;
  /** The board's position among the boards being configured, from 1. */
  readonly n: number;
  /** Returns a secret by its name, or undefined if it does not exist. */
  secret(name: string): Promise<string | undefined>;
}

const PLACE = new RegExp(`\\{(name|uid|platform|n(?::\\d)?|secret:${SECRET_NAME})\\}`, 'g');

/**
 * Fills `{name}`, `{uid}`, `{platform}`, `{n}`, `{n:2}` and `{secret:NAME}` in every text of a configuration. The values are inserted
 * literally: placeholders in a board's name or in a password are not expanded.
 * @throws UsageError for an unknown secret
 */
export async function fillTemplate(
  config: BoardConfig,
  values: TemplateValues,
): Promise<BoardConfig> {
  return (await filled(config, values)) as BoardConfig;
}

/** Returns whether the values depend on the board. */
export function isTemplate(config: unknown): boolean {
  return textsOf(config).some((t) => t.search(PLACE) >= 0);
}

async function filled(value: unknown, values: TemplateValues): Promise<unknown> {
  if (typeof value === 'string') return fillText(value, values);
  if (Array.isArray(value)) return Promise.all(value.map((v) => filled(v, values)));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(
    async ([key, v]) => [key, await filled(v, values)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function fillText(text: string, values: TemplateValues): Promise<string> {
  let out = '';
  let at = 0;
  for (const found of text.matchAll(PLACE)) {
    out += text.slice(at, found.index) + (await placeValue(found[1] ?? '', values));
    at = found.index + found[0].length;
  }
  return out + text.slice(at);
}

async function placeValue(place: string, values: TemplateValues): Promise<string> {
  if (place === 'name') return values.name;
  if (place === 'uid') return values.uid;
  if (place === 'platform') return values.platform ?? 'board';
  if (place.startsWith('secret:')) {
    // The secret's name contains the board's name, which may hold any character.
    const name = (await fillText(place.slice('secret:'.length), values)).replace(/[^\w.-]/g, '_');
    const secret = await values.secret(name);
    if (secret !== undefined) return secret;
    throw new UsageError(l10n.t('No secret "{0}" is stored', name));
  }
  return String(values.n).padStart(Number(place.split(':')[1] ?? 1), '0');
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return isRecord(value) ? Object.values(value).flatMap(textsOf) : [];
}
