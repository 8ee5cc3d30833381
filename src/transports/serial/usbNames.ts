/** Names for USB ids of boards. They are only displayed: every USB port may be a board. */
const PRODUCTS: Readonly<Record<string, string>> = {
  '2e8a:0003': 'RP2 in its bootloader',
  '2e8a:0005': 'Raspberry Pi RP2 (MicroPython)',
  '2e8a:000a': 'Raspberry Pi RP2 (C SDK)',
  '2e8a:000c': 'Raspberry Pi Debug Probe',
  '303a:0002': 'ESP32-S2 in its bootloader',
  '303a:1001': 'ESP32 (USB serial/JTAG)',
  '303a:4001': 'ESP32-S2/S3 (MicroPython)',
  '10c4:ea60': 'CP210x USB to UART',
  '10c4:ea70': 'CP2105 USB to two UARTs',
  '1a86:7522': 'CH340 USB to UART',
  '1a86:7523': 'CH340 USB to UART',
  '1a86:55d3': 'CH343 USB to UART',
  '1a86:55d4': 'CH9102 USB to UART',
  '0403:6001': 'FT232 USB to UART',
  '0403:6010': 'FT2232 USB to two UARTs',
  '0403:6014': 'FT232H USB to UART',
  '0403:6015': 'FT231X USB to UART',
  '067b:2303': 'PL2303 USB to UART',
  '067b:23a3': 'PL2303 USB to UART',
  'f055:9800': 'PyBoard',
  'f055:9801': 'PyBoard',
  'f055:9802': 'PyBoard',
  '0d28:0204': 'BBC micro:bit',
  '16c0:0483': 'Teensy',
  '16c0:048b': 'Teensy',
  '1fc9:0132': 'NXP LPC-Link2',
  '0483:374b': 'ST-LINK/V2-1',
  '0483:5740': 'STM32 USB serial port',
};

const VENDORS: Readonly<Record<string, string>> = {
  '2e8a': 'Raspberry Pi RP2',
  '303a': 'Espressif ESP32',
  '239a': 'Adafruit',
  '2341': 'Arduino',
  '2a03': 'Arduino',
  f055: 'MicroPython board',
  '1b4f': 'SparkFun',
  '2886': 'Seeed Studio',
  '16c0': 'Teensy',
  '1a86': 'WCH USB to UART',
  '10c4': 'CP21xx USB to UART',
  '0403': 'FTDI USB to UART',
};

/** Returns a name for a USB id, or undefined if unknown. Ids are four lower-case hex digits. */
export function usbName(vendorId: string, productId: string): string | undefined {
  return PRODUCTS[`${vendorId}:${productId}`] ?? VENDORS[vendorId];
}
