import * as l10n from '@vscode/l10n';
import { FleetError } from '../errors';

/**
 * The history cannot be read or written. With a file, the rows that were being written are lost.
 */
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
