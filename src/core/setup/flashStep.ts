import * as l10n from '@vscode/l10n';
import type { BoardInfo } from '../board';
import { UsageError } from '../errors';
import { otherVersion, type Firmware } from '../flash';
import type { SetupBoard } from './steps';

/**
 * Writes firmware to a board. Only ESP chips can be erased.
 * @throws what `onChip` throws, unchanged: flashing explains every error as one of the chip
 */
export async function flashStep(
  board: SetupBoard,
  firmware: Firmware,
  { erase, onChip, ...options }: Parameters<SetupBoard['flash']>[1],
): Promise<{ readonly restarted: boolean }> {
  let refused: unknown;
  try {
    return await board.flash(firmware, {
      ...options,
      erase: firmware.kind === 'esp' && erase,
      onChip: (chip) => {
        try {
          onChip(chip);
        } catch (error) {
          refused = error;
          throw error;
        }
      },
    });
  } catch (error) {
    throw refused ?? error;
  }
}

/** @throws UsageError if the board that answers runs another version than the file's: it is not the one that was flashed */
export function requireVersion(firmware: Firmware, { version }: BoardInfo): void {
  const wanted = otherVersion(firmware, version);
  if (wanted === undefined) return;
  throw new UsageError(
    l10n.t('The board runs {0}, but the firmware file is {1}', version, wanted),
    {
      hint: l10n.t('Is this the board that was flashed? Press RESET, or unplug it and plug it in.'),
    },
  );
}
