import * as l10n from '@vscode/l10n';
import { UsageError } from './errors';
import { isRecord } from './json';

/** Code that the user has named. */
export interface Macro {
  readonly name: string;
  readonly from:
    | { readonly code: string }
    /** A file, relative to the workspace folder or to the folder of the configuration. */
    | { readonly file: string }
    /** A script that the user keeps for all workspaces. */
    | { readonly kept: string };
}

const NAME = /^[^\p{C}]{1,64}$/u;

/**
 * Parses macros in settings and `fleet.json`: a name, and code (a string, or its lines), `{"file":
 * …}` or `{"kept": …}`.
 * @throws UsageError naming the invalid macro; also for a file outside the folder, because settings
 * come with a repository
 */
export function parseMacros(setting: unknown): readonly Macro[] {
  if (setting === undefined) return [];
  if (!isRecord(setting)) {
    throw new UsageError(l10n.t('Macros must be an object: a name and its code'));
  }
  return Object.entries(setting).map(([name, value]) => {
    if (!NAME.test(name)) throw invalid(name);
    if (typeof value === 'string') return { name, from: { code: value } };
    if (Array.isArray(value) && value.every((line) => typeof line === 'string')) {
      return { name, from: { code: value.join('\n') } };
    }
    const { file, kept } = (value ?? {}) as { file?: unknown; kept?: unknown };
    if (typeof file === 'string' && isInside(file)) return { name, from: { file } };
    if (typeof kept === 'string') return { name, from: { kept } };
    throw invalid(name);
  });
}

/** Returns the macro with this name. @throws UsageError when no macro has this name */
export function findMacro<M extends Macro>(macros: readonly M[], name: string): M {
  const found = macros.find((macro) => macro.name === name);
  if (found) return found;
  const names = macros.map((macro) => macro.name).join(', ');
  throw new UsageError(l10n.t('There is no macro called {0}', name), {
    hint: names === '' ? l10n.t('No macros are set.') : l10n.t('There are: {0}.', names),
  });
}

function isInside(file: string): boolean {
  const parts = file.split(/[\\/]/);
  return parts[0] !== '' && !parts.includes('..') && !/^[A-Za-z]:/.test(file) && file !== '.';
}

function invalid(name: string): UsageError {
  return new UsageError(l10n.t('The macro "{0}" is invalid', name), {
    hint: l10n.t(
      'Write its code, or {"file": "scripts/blink.py"} for a file of the folder, or {"kept": "blink.py"} for a kept script.',
    ),
  });
}
