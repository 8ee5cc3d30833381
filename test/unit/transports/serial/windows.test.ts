import { SerialPortMock } from 'serialport';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseAddress, serialAddress } from '../../../../src/core/parseAddress';
import { silentLog } from '../../../../src/core/log';
import { GONE, openSerial } from '../../../../src/transports/serial/serialStream';

// serialport's own stream over its mock binding, with the platform set to Windows. It does not show the pins of a chip.

const lines: unknown[] = [];
const ports: { path: string; vendorId?: string; productId?: string }[] = [];
vi.mock('serialport/dist/serialport.js', async () => {
  const actual = await vi.importActual<typeof import('serialport')>('serialport');
  class SerialPort extends actual.SerialPortMock {
    static override list = () => Promise.resolve(ports);
    override set(...[flags, done]: Parameters<SerialPortMock['set']>) {
      lines.push(flags);
      super.set(flags, done);
    }
  }
  return { SerialPort, SerialPortMock: actual.SerialPortMock };
});
const binding = SerialPortMock.binding as unknown as {
  reset(): void;
  createPort(path: string): void;
};

const platform = process.platform;
beforeEach(() => {
  Object.defineProperty(process, 'platform', { value: 'win32' });
});
afterEach(() => {
  Object.defineProperty(process, 'platform', { value: platform });
  binding.reset();
  lines.length = 0;
  ports.length = 0;
});

async function open(path: string, usb: { vendorId?: string; productId?: string } = {}) {
  binding.createPort(path);
  ports.push({ path, ...usb });
  const stream = await openSerial(
    serialAddress(path),
    115_200,
    silentLog,
    AbortSignal.timeout(5000),
  );
  await stream.close();
}

describe('opening a port on Windows, where both lines begin down', () => {
  it.each([
    ['an RP2', '2E8A', '0005'],
    ['an ESP32-S3 with TinyUSB', '303A', '4001'],
    ['a pyboard', 'F055', '9800'],
    ['a SAMD board', '239A', '8029'],
  ])('raises DTR alone for %s, which sends nothing without', async (_, vendorId, productId) => {
    await open('COM3', { vendorId, productId });
    expect(lines).toEqual([{ dtr: true, rts: false }]);
  });

  it.each([
    ['an ESP32 behind a CP210x', '10C4', 'EA60'],
    ['an ESP8266 behind a CH340', '1A86', '7523'],
    ['an ESP32-C3 with its USB serial/JTAG', '303A', '1001'],
    ['an Espressif ROM loader', '303A', '0002'],
  ])('leaves them to %s, which they reset', async (_, vendorId, productId) => {
    await open('COM3', { vendorId, productId });
    expect(lines).toEqual([]);
  });

  it('does not change them for an unknown chip', async () => {
    await open('COM1');
    expect(lines).toEqual([]);
  });

  it('finds ports above 9 in any spelling', async () => {
    for (const text of ['COM12', 'com12', 'serial:com12:', '\\\\.\\COM12', 'serial:\\\\.\\com12']) {
      expect(parseAddress(text)).toEqual(serialAddress('COM12'));
    }
    await open('COM12', { vendorId: '2e8a', productId: '0005' });
    expect(lines).toHaveLength(1);
  });
});

it.each([
  'Getting control settings on COM port (GetCommModemStatus): Invalid handle',
  'Getting control settings on COM port (GetCommModemStatus): Unknown error code 1167',
])('notices that a silent board was unplugged: %s', async (said) => {
  binding.createPort('COM5');
  const stream = await openSerial(
    serialAddress('COM5'),
    115_200,
    silentLog,
    AbortSignal.timeout(5000),
  );
  const ended = new Promise((resolve) => stream.onClose((cause) => resolve(cause?.message)));
  const get = vi.spyOn(SerialPortMock.prototype, 'get');
  get.mockImplementation((done) => {
    done(new Error(said), null as never);
  });
  expect(await ended).toBe(said);
  get.mockRestore();
  for (const other of ['Access denied', 'Unknown error code 22', 'Operation aborted']) {
    expect(`(GetCommModemStatus): ${other}`).toMatch(GONE);
  }
  expect('(GetCommModemStatus): Unknown error code 87').not.toMatch(GONE);
});

it('does not change the lines on other systems, which raise both', async () => {
  Object.defineProperty(process, 'platform', { value: 'linux' });
  await open('/dev/ttyACM7', { vendorId: '2e8a', productId: '0005' });
  expect(lines).toEqual([]);
});
