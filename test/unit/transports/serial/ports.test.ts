import { fullPlace } from '../../../../src/core/address';
import { describe, expect, it } from 'vitest';
import { ProgramRunningError } from '../../../../src/core/errors';
import { parseAddress, serialAddress } from '../../../../src/core/parseAddress';
import { openError } from '../../../../src/transports/serial/serialErrors';
import { withoutSecondPorts } from '../../../../src/cli/board/choose';
import { CliBoard } from '../../../../src/cli/board/cliBoard';
import type { Links } from '../../../../src/cli/board/links';
import { describePort, onePerPort, type RawPort } from '../../../../src/transports/serial/ports';
import { fakeWorld, type FakeEnd, type FakeTransport } from '../../rig/fakeBoard';

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

it('returns the facts that identify boards, and the port for calling out', () => {
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
    interface: 0,
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

it('treats the two macOS names of one CH340 as one port, and two CH340 as two', () => {
  const ch340 = { vendorId: '1a86', productId: '7523' };
  const paths = [
    '/dev/tty.wchusbserial410',
    '/dev/tty.usbserial-410',
    '/dev/tty.usbserial-420',
    '/dev/tty.usbserial410',
  ];
  const ports = paths.map((path) => port(path, ch340));
  const other = port('/dev/tty.usbserial-410', { vendorId: '0403', productId: '6001' });
  expect(onePerPort([...ports, other]).map((p) => [p.path, p.vendorId])).toEqual([
    ['/dev/tty.wchusbserial410', '1a86'],
    ['/dev/tty.usbserial-420', '1a86'],
    ['/dev/tty.usbserial-410', '0403'],
  ]);
});

it.each([
  ['CH9102', '1a86:55d4', 'wchusbserial54240353551', 'usbmodem54240353551', undefined],
  ['CP2102', '10c4:ea60', 'SLAB_USBtoUART', 'usbserial-0001', '14200000'],
])('lists a %s once where macOS has two drivers for it', (_, ids, makers, apples, locationId) => {
  const [vendorId = '', productId = ''] = ids.split(':');
  const usb = { vendorId, productId, ...(locationId ? { locationId } : {}) };
  const other = port('/dev/tty.usbserial-7', { ...usb, locationId: '14300000' });
  const ports = [port(`/dev/tty.${apples}`, usb), port(`/dev/tty.${makers}`, usb), other];
  expect(onePerPort(ports)).toEqual(ports.slice(1));
});

it('reads the number of the port within its device, and prefers the first', () => {
  const usb = { vendorId: '239a', productId: '80f4', serialNumber: 'E66' };
  const repl = port('/dev/ttyACM0', { ...usb, pnpId: 'usb-Raspberry_Pi_Pico_E66-if00' });
  const data = port('/dev/ttyACM1', { ...usb, pnpId: 'usb-Raspberry_Pi_Pico_E66-if02' });
  const onWindows = port('COM7', { ...usb, pnpId: 'USB\\VID_239A&PID_80F4&MI_02\\6&1' });
  const found = [data, repl].map(describePort);
  expect(found.map((f) => f.usb?.interface)).toEqual([2, 0]);
  expect(describePort(onWindows).usb?.interface).toBe(2);
  expect(withoutSecondPorts(found).map((f) => fullPlace(f.address))).toEqual(['/dev/ttyACM0']);
  const twins = [repl, { ...repl, path: '/dev/ttyACM5' }].map(describePort);
  expect(withoutSecondPorts(twins)).toHaveLength(2);
});

describe('a board on the command line with a port for data', () => {
  const [FIRST, SECOND] = ['serial:/dev/ttyACM0', 'serial:/dev/ttyACM1'];
  function boardAt(first: FakeEnd, second: FakeEnd, stop = false) {
    const { services, opened } = fakeWorld({ [FIRST]: first, [SECOND]: second });
    const links = { openTransport: services.openTransport } as unknown as Links;
    const board = new CliBoard('b', parseAddress(FIRST), links, stop ? 'stop' : 'leave');
    board.withOtherPorts([parseAddress(SECOND)]);
    return { work: () => board.withSession(() => Promise.resolve('done')), opened };
  }
  const tried = (opened: readonly FakeTransport[]) => opened.map((t) => t.address.text);

  it('is reached through the other port if the first is silent', async () => {
    const { work, opened } = boardAt({ running: true }, {});
    expect([await work(), await work()]).toEqual(['done', 'done']);
    expect(tried(opened)).toEqual([FIRST, SECOND]);
    expect(opened[0]).toMatchObject({ closed: true, interrupts: 0 });
  });

  it('is stopped only at its first port, if both are silent and stopping is allowed', async () => {
    const { work, opened } = boardAt({ running: true }, { running: true }, true);
    expect(await work()).toBe('done');
    expect(tried(opened)).toEqual([FIRST, SECOND, FIRST]);
    expect(opened.map((t) => t.interrupts)).toEqual([0, 0, 1]);
  });

  it('runs a program if both are silent and it may not be stopped', async () => {
    const { work, opened } = boardAt({ running: true }, { running: true });
    await expect(work()).rejects.toBeInstanceOf(ProgramRunningError);
    expect(opened.some((t) => t.interrupts > 0)).toBe(false);
  });
});
