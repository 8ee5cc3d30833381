import type { Firmware } from '../flash';
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
