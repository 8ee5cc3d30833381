import { FleetError } from '../errors';

/** Why firmware was not written, or was written incorrectly. */
export type FlashReason =
  | 'file' // the file is not firmware, is damaged, or cannot be written over a cable
  | 'wrongChip'
  | 'tooBig'
  | 'revision' // the silicon is too old or too new for this build
  | 'locked' // flash encryption, secure boot or secure download mode
  | 'noAnswer'
  | 'notInLoader' // the chip runs its program: its BOOT pin was not held
  | 'brownout' // its supply collapsed
  | 'lost' // unplugged
  | 'damaged' // bytes do not arrive, at any speed
  | 'notReady' // no drive or loader appeared
  | 'refused' // the loader refused the file (FAIL.TXT)
  | 'noTool'
  | 'byHand' // only the tool of the maker writes it
  | 'other';

/** State of the chip after a failure. */
export type FlashState =
  | 'untouched' // nothing was erased or written
  | 'unbootable' // it starts nothing until firmware has been written again
  | 'unknown';

/** Firmware could not be written. `state` describes the content of the chip now. */
export class FlashError extends FleetError {
  readonly code = 'flash';

  constructor(
    readonly reason: FlashReason,
    message: string,
    options: { hint?: string; cause?: unknown; state?: FlashState } = {},
  ) {
    super(message, options);
    this.state = options.state ?? 'untouched';
  }

  readonly state: FlashState;
}
