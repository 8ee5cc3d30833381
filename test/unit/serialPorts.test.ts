import { expect, it } from 'vitest';
import { serialAddress } from '../../src/core/address';
import { openError } from '../../src/transports/serial/serialErrors';
import { describePort, type RawPort } from '../../src/transports/serial/ports';

const port = (path: string, rest: Partial<RawPort> = {}): RawPort => ({ path, ...rest });

it.each<[RawPort, boolean, string | undefined]>([
  [
    port('/dev/ttyACM0', { vendorId: '2e8a', productId: '0005' }),
    true,
    'Raspberry Pi RP2 (MicroPython)',
  ],
  [port('/dev/ttyUSB0', { vendorId: '10C4', productId: 'EA60' }), true, 'CP210x USB to UART'],
  [
    port('COM7', { vendorId: '239A', productId: '80F4', friendlyName: 'USB (COM7)' }),
    true,
    'Adafruit',
  ],
  [
    port('/dev/ttyACM1', { vendorId: 'abcd', productId: '1', manufacturer: 'Nobody\u0000 knows' }),
    true,
    'Nobody  knows',
  ],
  [port('/dev/ttyS0'), false, undefined],
  [
    port('COM1', { friendlyName: 'Communications Port (COM1)' }),
    false,
    'Communications Port (COM1)',
  ],
  [port('/dev/tty.Bluetooth-Incoming-Port'), false, undefined],
  [
    port('COM4', { friendlyName: 'Standard Serial over Bluetooth link (COM4)' }),
    false,
    'Standard Serial over Bluetooth link (COM4)',
  ],
  [port('/dev/ttyUSB2', { vendorId: '2c7c', productId: '0125' }), false, undefined],
  [port('/dev/tty.usbmodem101', { vendorId: 'f055', productId: '9800' }), true, 'PyBoard'],
])('describes %j', (raw, likely, label) => {
  const found = describePort(raw);
  expect(found.likely).toBe(likely);
  expect(found.label).toBe(label);
});

it('gives what tells boards apart, and the port for calling out', () => {
  const found = describePort(
    port('/dev/tty.usbmodem1', {
      vendorId: '303A',
      productId: '4001',
      serialNumber: 'abc123',
      manufacturer: 'Espressif Systems',
      pnpId: 'usb-Espressif_Systems_Espressif_Device_abc123-if00',
    }),
  );
  expect(found.address.text).toBe('serial:/dev/cu.usbmodem1');
  expect(found.usb).toEqual({
    vendorId: '303a',
    productId: '4001',
    serialNumber: 'abc123',
    manufacturer: 'Espressif Systems',
    product: 'Espressif Systems Espressif Device',
  });
});

it.each<[string, NodeJS.Platform, string]>([
  ['Error Resource temporarily unavailable Cannot lock port', 'linux', 'busy'],
  ['Opening COM3: Access denied', 'win32', 'busy'],
  ['Error: Permission denied, cannot open /dev/ttyACM0', 'linux', 'permission'],
  ['Error: No such file or directory, cannot open /dev/ttyACM9', 'linux', 'notFound'],
  ['Opening COM9: File not found', 'win32', 'notFound'],
  ['Error: something else', 'linux', 'other'],
])('knows why a port cannot be opened: %s', (said, platform, reason) => {
  const error = openError(serialAddress('/dev/x'), new Error(said), platform);
  expect(error.reason).toBe(reason);
  expect(error.hint).toBeTruthy();
  if (reason === 'permission') expect(error.hint).toContain('dialout');
});
