import * as l10n from '@vscode/l10n';
import { bytesText } from '../board';
import { FlashError } from './errors';
import type { EspFirmware } from './espImage';
import type { EspIdentity } from './espLoader';

/** Builds of micropython.org for chips with little flash, by chip and bytes. */
const SMALL_BUILDS: ReadonlyMap<string, string> = new Map([
  ['ESP8266 524288', 'ESP8266_GENERIC-FLASH_512K'],
  ['ESP8266 1048576', 'ESP8266_GENERIC-FLASH_1M'],
  ['ESP8266 2097152', 'ESP8266_GENERIC-FLASH_2M_ROMFS'],
]);

/** Throws unless the firmware runs on this chip. */
export function refuseWrong(firmware: EspFirmware, identity: EspIdentity): void {
  const { chip, revision, flashSize } = identity;
  if (chip !== firmware.chip) {
    throw new FlashError(
      'wrongChip',
      l10n.t('This firmware is for the {0}, but the chip is an {1}', firmware.chip.name, chip.name),
      {
        hint: l10n.t('Choose firmware for the {0}. Nothing was changed.', chip.name),
      },
    );
  }
  if (
    revision !== undefined &&
    (revision < firmware.revisions.least || revision > firmware.revisions.most)
  ) {
    const written = (number: number) => `v${Math.floor(number / 100)}.${number % 100}`;
    throw new FlashError(
      'revision',
      l10n.t(
        'This firmware does not run on silicon revision {0} of the {1}',
        written(revision),
        chip.name,
      ),
      {
        hint: l10n.t('Choose the build for this revision. Nothing was changed.'),
      },
    );
  }
  if (flashSize !== undefined && firmware.flashNeeded > flashSize) {
    throw new FlashError(
      'tooBig',
      l10n.t(
        'This firmware needs {0} of flash, but the chip has {1}',
        bytesText(firmware.flashNeeded),
        bytesText(flashSize),
      ),
      {
        hint: l10n.t(
          'Choose {0}. Nothing was changed.',
          SMALL_BUILDS.get(`${chip.name} ${flashSize}`) ??
            l10n.t('a build for {0} of flash', bytesText(flashSize)),
        ),
      },
    );
  }
}
