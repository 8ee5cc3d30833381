// Firmware and board templates of flash.spec.ts.
import { espFirmware, uf2File } from '../lab/index.mjs';

/** A blank chip becomes a board at the local broker. */
export const TEMPLATE = `
firmware: {use: ESP32_GENERIC_S3}
name: shelf-[01-20]
broker: {id: local}
files:
  - {from: program, to: /}
  - {to: /pin.txt, text: '{secret:pin}'}
`;
/** For the production line. */
export const LINE = `
firmware: {use: line.bin}
name: line-[01-20]
files: [{to: /name.txt, text: '{name}'}]
label: '{name} {uid}'
`;

const RP2040 = 0xe48bff56;
/** UF2 file for the RP2040. */
export const picoFirmware = uf2File(
  RP2040,
  Buffer.from(`MicroPython v1.25.0 on\0${'x'.repeat(60_000)}`),
);

/** Returns the boards of the firmware site. */
export function siteBoards() {
  const firmware = espFirmware({ chip: 'esp32s3', version: 'v1.25.0' });
  const files = { 'ESP32_GENERIC_S3-20250415-v1.25.0.bin': firmware };
  const board = { product: 'ESP32-S3', vendor: 'Espressif', files };
  const picoFiles = {
    'RPI_PICO-20270101-v1.29.0.uf2': picoFirmware,
    'RPI_PICO-20250415-v1.25.0.uf2': picoFirmware,
  };
  const pico = { product: 'Pico', vendor: 'Raspberry Pi', files: picoFiles };
  const teensyFiles = { 'TEENSY41-20250415-v1.25.0.hex': Buffer.from(':00000001FF\r\n') };
  const teensy = { product: 'Teensy 4.1', vendor: 'PJRC', port: 'mimxrt', files: teensyFiles };
  return { ESP32_GENERIC_S3: board, RPI_PICO: pico, TEENSY41: teensy };
}
