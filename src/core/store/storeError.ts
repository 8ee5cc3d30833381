import * as l10n from '@vscode/l10n';
import { FleetError } from '../errors';

/** The history could not be read or written. Of a file, what was to be written is not kept. */
export class StoreError extends FleetError {
  readonly code = 'store';

  constructor(cause: Error, isServer = false) {
    super(l10n.t('The history could not be used: {0}', cause.message), {
      cause,
      hint: isServer
        ? l10n.t('Check that the PostgreSQL server runs, its address and your login.')
        : l10n.t('Check that the disk has room and that the folder of the history can be written.'),
    });
  }
}
