import * as l10n from '@vscode/l10n';
import type { Address } from '../address';
import { ConnectError, TimeoutError } from '../errors';

const GARBAGE_SHARE = 0.2; // share of bytes that do not occur in text, above which the baud rate is wrong or this is not a REPL
const SAMPLE = 256; // bytes examined in each chunk

/** Statistics of the bytes that a board has sent since it was asked to stop. */
export class Heard {
  #bytes = 0;
  #odd = 0;

  /** Number of bytes so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Forgets everything: the board is asked to stop now. */
  reset(): void {
    this.#bytes = 0;
    this.#odd = 0;
  }

  /** Counts the bytes, and in a sample of each chunk those that do not occur in text. */
  feed(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    const sample = chunk.subarray(0, SAMPLE);
    const odd = sample.filter((b) => b >= 0x7f || (b < 0x20 && ![7, 8, 9, 10, 13, 27].includes(b)));
    this.#odd += (odd.length / sample.length) * chunk.length;
  }

  /**
   * Whether more of it is non-text than a program prints: the baud rate is wrong, or this is not a
   * REPL.
   */
  get isGarbage(): boolean {
    return this.#odd > this.#bytes * GARBAGE_SHARE;
  }

  /** Returns the reason why the board did not return to its prompt after every Ctrl-C. */
  verdict(address: Address): Error {
    if (this.#bytes === 0) {
      return new ConnectError(address, 'noAnswer', l10n.t('Nothing answers at {0}', address.text), {
        hint: l10n.t(
          'Reset the board. If it stays silent, check that it runs MicroPython, that port and baud rate are right, and that the cable carries data.',
        ),
      });
    }
    if (this.isGarbage) {
      return new ConnectError(
        address,
        'notABoard',
        l10n.t('{0} sends data that is not text', address.text),
        {
          hint: l10n.t(
            'The baud rate may be wrong (most boards use 115200; see the setting mpyFleet.serial.baudRates, or --baud of mpyfleet), or this is not a MicroPython board.',
          ),
        },
      );
    }
    return new TimeoutError(l10n.t('The program on {0} does not react to Ctrl-C', address.text), {
      hint: l10n.t("Press the board's reset button, or unplug it and plug it in again."),
    });
  }
}

/** Returns the error for a line that did not accept even a Ctrl-C, so no program is to blame. */
export function lineBlocked(address: Address): TimeoutError {
  return new TimeoutError(l10n.t('{0} no longer accepts data', address.text), {
    hint: l10n.t('Unplug the board and plug it in again.'),
  });
}
