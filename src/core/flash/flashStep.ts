import * as l10n from '@vscode/l10n';
import type { FlashProgress } from './espFlash';

/** Describes the current step for a progress bar: `Writing, 921600 baud`. */
export function flashStep({ step, baud }: FlashProgress): string {
  switch (step) {
    case 'connect':
      return l10n.t('Connecting to the chip');
    case 'erase':
      return l10n.t('Erasing, which takes up to a minute');
    case 'write':
      return baud === undefined ? l10n.t('Writing') : l10n.t('Writing, {0} baud', baud);
    case 'verify':
      return l10n.t('Verifying');
    case 'restart':
      return l10n.t('Starting the new firmware');
  }
}
