import * as l10n from '@vscode/l10n';
import { UsageError } from '../errors';
import { nearNames } from './nearNames';

/** Returns the error for an unknown magic, with similar names. */
export function unknownMagic(name: string, names: readonly string[]): UsageError {
  const other = name.startsWith('%%') ? name.slice(1) : `%${name}`;
  const near = new Set([...(names.includes(other) ? [other] : []), ...nearNames(name, names)]);
  return new UsageError(l10n.t('Unknown magic {0}', name), {
    hint:
      near.size > 0
        ? l10n.t('Did you mean {0}? %lsmagic lists all magics.', [...near].join(', '))
        : l10n.t('%lsmagic lists all magics.'),
  });
}
