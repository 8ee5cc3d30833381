import * as l10n from '@vscode/l10n';
import { CancelledError } from '../errors';
import { FlashError, type FlashState } from './errors';

/** Explains why the loader could not be reached, using the chip's output. */
export function whyNoLoader(cause: Error, heard: string, path: string, hasLines: boolean): Error {
  if (cause instanceof FlashError || cause instanceof CancelledError) return cause;
  const brownout = whyItFell(heard, 'untouched', cause);
  if (brownout) return brownout;
  const hold = l10n.t(
    'Hold the BOOT button (also called FLASH, IO0 or 0), press and release RESET (or unplug and plug in the cable), release BOOT, and flash again.',
  );
  if (heard.includes('waiting for download')) {
    return new FlashError(
      'noAnswer',
      l10n.t('The chip at {0} is in its loader but does not receive data', path),
      {
        hint: l10n.t(
          'Disconnect everything that is wired to its TX and RX pins, try another cable or USB port, and flash again.',
        ),
        cause,
      },
    );
  }
  if (/boot:0x|>>> |MicroPython|CircuitPython|invalid header|ets [A-Z][a-z]{2} /.test(heard)) {
    const message = hasLines
      ? l10n.t('The chip at {0} started its program instead of its loader', path)
      : l10n.t('The chip at {0} is not in its loader', path);
    return new FlashError('notInLoader', message, { hint: hold, cause });
  }
  return new FlashError('noAnswer', l10n.t('No ESP chip answers at {0}', path), {
    hint: l10n.t(
      '{0} If that does not help: is it an ESP board, and does the cable carry data?',
      hold,
    ),
    cause,
  });
}

/** Returns an error if the chip restarted during the write, because its supply collapsed or it crashed; else undefined. */
export function whyItFell(heard: string, state: FlashState, cause: Error): FlashError | undefined {
  if (!/brownout|rst:0xf|RTCWDT_BROWN_OUT/i.test(heard)) return undefined;
  return new FlashError('brownout', l10n.t('The supply voltage of the chip dropped (brownout)'), {
    hint: l10n.t(
      'Use a short, thick USB cable at a port of the computer itself or a powered hub, disconnect everything that draws power from the board, and flash again.',
    ),
    cause,
    state,
  });
}

/** Returns the error for a chip that accepts only its maker's firmware. */
export function locked(): FlashError {
  return new FlashError(
    'locked',
    l10n.t('This chip is locked by its maker and accepts only signed or encrypted firmware'),
    {
      hint: l10n.t(
        'Any other firmware would make it unusable. Ask the maker of the board for firmware.',
      ),
    },
  );
}
