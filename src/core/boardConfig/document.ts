import * as l10n from '@vscode/l10n';
import { parseDocument, stringify } from 'yaml';
import { UsageError } from '../errors';
import { schemaProblems } from './jsonSchema';
import { isRecord } from '../json';
import { CONFIG_SCHEMA, SETTINGS, type BoardConfig } from './settings';

/** Limit of a document in characters. */
const MAX_DOCUMENT = 100_000;
/** Number of problems that one message names. */
const MAX_PROBLEMS = 5;

/**
 * Parses a configuration document in YAML or JSON. Settings that it leaves out do not change on the board; null stands
 * for the agent's default.
 * @throws UsageError that names the problem
 */
export function parseConfig(text: string): BoardConfig {
  if (text.length > MAX_DOCUMENT) {
    throw new UsageError(l10n.t('The configuration is longer than {0} characters', MAX_DOCUMENT));
  }
  const document = parseDocument(text.replace(/^\ufeff/, ''), { uniqueKeys: true });
  const [error] = document.errors;
  if (error) throw new UsageError(l10n.t('The configuration cannot be read: {0}', error.message));
  // Aliases can expand a one-page document until memory is full.
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  return checkConfig(value ?? {});
}

/** Checks a configuration against the schema. @throws UsageError naming what is wrong */
export function checkConfig(value: unknown): BoardConfig {
  const problems = schemaProblems(CONFIG_SCHEMA, value, '');
  if (problems.length === 0 && isRecord(value)) return value;
  const more = problems.length > MAX_PROBLEMS ? [l10n.t('{0} more', problems.length)] : [];
  throw new UsageError(
    l10n.t(
      'The configuration cannot be used: {0}',
      [...problems.slice(0, MAX_PROBLEMS), ...more].join('; '),
    ),
    {
      hint: l10n.t(
        'Passwords are written as {secret:NAME}; docs/configuration.md lists the settings.',
      ),
    },
  );
}

/** Formats a configuration as a document that parseConfig can read. */
export function configText(config: BoardConfig): string {
  const sorted = SETTINGS.filter((s) => config[s.name] !== undefined).map(
    ({ name }) => [name, config[name]] as const,
  );
  return sorted.length === 0 ? '' : stringify(Object.fromEntries(sorted));
}
