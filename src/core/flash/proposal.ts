import type { CatalogueBoard } from './catalogueEntries';
import { chipOfDrive } from './driveChip';
import type { LoaderDrive } from './drives';

/** Known facts about a board before its firmware is chosen. */
export interface BoardClues {
  /** Four lower-case hex digits each. */
  readonly usb?: { readonly vendorId: string; readonly productId: string };
  /** `sys.implementation._machine` of a running board: `Raspberry Pi Pico W with RP2040`. */
  readonly machine?: string;
  readonly drive?: LoaderDrive;
}

/** Boards that report USB ids of their own. Source: `MICROPY_HW_USB_VID` and `_PID` of MicroPython's boards. */
const BY_USB: Readonly<Record<string, readonly string[]>> = {
  '1209:f502': ['SIL_RP2040_SHIM'],
  '15ba:0046': ['OLIMEX_RT1010'],
  '16d0:08c7': ['PIMORONI_TINY2040'],
  '1b4f:0025': ['SPARKFUN_THINGPLUS'],
  '1b4f:0026': ['SPARKFUN_PROMICRO'],
  '1b4f:0038': ['SPARKFUN_THINGPLUS_RP2350'],
  '1b4f:0039': ['SPARKFUN_PROMICRO_RP2350'],
  '1b4f:0044': ['SPARKFUN_IOTNODE_LORAWAN_RP2350'],
  '1b4f:0046': ['SPARKFUN_XRP_CONTROLLER'],
  '1b4f:0047': ['SPARKFUN_IOTREDBOARD_RP2350'],
  '1ffb:2043': ['POLOLU_3PI_2040_ROBOT'],
  '1ffb:2044': ['POLOLU_ZUMO_2040_ROBOT'],
  '2341:025a': ['ARDUINO_NANO_33_BLE_SENSE'],
  '2341:025e': ['ARDUINO_NANO_RP2040_CONNECT'],
  '2341:0468': ['ARDUINO_PORTENTA_C33'],
  '2341:055b': ['ARDUINO_PORTENTA_H7'],
  '2341:055f': ['ARDUINO_NICLA_VISION'],
  '2341:0564': ['ARDUINO_OPTA'],
  '2341:0566': ['ARDUINO_GIGA'],
  '239a:80f2': ['ADAFRUIT_FEATHER_RP2040'],
  '239a:80f8': ['ADAFRUIT_QTPY_RP2040'],
  '239a:80fe': ['ADAFRUIT_ITSYBITSY_RP2040'],
  '2886:0045': ['SEEED_XIAO_NRF52'],
  '2e8a:1002': ['PIMORONI_PICOLIPO'],
  'f055:9800': ['PYBV11', 'PYBLITEV10'],
  '0d28:0204': ['MICROBIT'],
};

/**
 * Boards that are sold with the ids of the chip or of its usual firmware. Several share the same
 * ids.
 */
const BY_CHIP: Readonly<Record<string, readonly string[]>> = {
  '2e8a:0003': ['RPI_PICO', 'RPI_PICO_W'],
  '2e8a:000f': ['RPI_PICO2', 'RPI_PICO2_W'],
  '2e8a:0005': ['RPI_PICO', 'RPI_PICO_W', 'RPI_PICO2', 'RPI_PICO2_W'],
  '2e8a:000a': ['RPI_PICO', 'RPI_PICO_W', 'RPI_PICO2', 'RPI_PICO2_W'],
  '303a:0002': ['ESP32_GENERIC_S2'],
  '303a:1001': ['ESP32_GENERIC_S3', 'ESP32_GENERIC_C3', 'ESP32_GENERIC_C6'],
  '303a:4001': ['ESP32_GENERIC_S3', 'ESP32_GENERIC_S2'],
  RP2040: ['RPI_PICO', 'RPI_PICO_W'],
  RP2350: ['RPI_PICO2', 'RPI_PICO2_W'],
};

/**
 * Returns the boards of the catalogue that fit a board, the best first: the one that the board
 * names, the one with its USB ids, then the usual ones with its chip.
 */
export function proposeBoards(
  boards: readonly CatalogueBoard[],
  { usb, machine = '', drive }: BoardClues,
): CatalogueBoard[] {
  const ids = usb ? `${usb.vendorId}:${usb.productId}` : '';
  const said = plain(machine.replace(/ with [^ ]+$/, ''));
  const named =
    said === '' ? [] : boards.filter((b) => [b.id, b.name, `${b.vendor} ${b.name}`].some(isSaid));
  function isSaid(name: string): boolean {
    return plain(name) === said;
  }
  const chip = drive && chipOfDrive(drive);
  const wanted = [...(BY_USB[ids] ?? []), ...(BY_CHIP[chip ?? ids] ?? [])];
  const found = wanted.flatMap((id) =>
    boards.filter((b) => b.id.toLowerCase() === id.toLowerCase()),
  );
  // A board that names itself needs no guesses.
  return [...new Set(named.length > 0 ? named : found)];
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '');
}
