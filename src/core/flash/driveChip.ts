import type { LoaderDrive } from './drives';

/** Chips, by the loader's text in INFO_UF2.TXT. */
const CHIPS: readonly (readonly [RegExp, string])[] = [
  [/RP2350/i, 'RP2350'],
  [/RPI-RP2|RP2040/i, 'RP2040'],
  [/SAMD21/i, 'SAMD21'],
  [/SAM[DE]51/i, 'SAMD51'],
  [/nRF52840/i, 'nRF52840'],
  [/nRF52833/i, 'nRF52833'],
  [/ESP32-?S2/i, 'ESP32-S2'],
  [/ESP32-?S3/i, 'ESP32-S3'],
  [/i?MX ?RT ?10|MIMXRT10/i, 'i.MX RT10xx'],
];

/** Returns the chip behind a drive if its text names it. */
export function chipOfDrive(drive: LoaderDrive): string | undefined {
  return CHIPS.find(([pattern]) => pattern.test(drive.info))?.[1];
}
