import { access, readdir } from 'node:fs/promises';
import { serialAddress } from '../../core/address';
import type { Found, UsbInfo } from '../../core/board/discovery';
import { usbName } from './usbNames';

/** What serialport says of a port. */
export interface RawPort {
  readonly path: string;
  readonly manufacturer?: string;
  readonly serialNumber?: string;
  readonly pnpId?: string;
  readonly productId?: string;
  readonly vendorId?: string;
  /** Only on Windows. */
  readonly friendlyName?: string;
}

const TEXT_LIMIT = 80; // a USB descriptor's text can be anything
/** USB vendors that make phones and modems with serial ports, and no boards. */
const MODEM_VENDORS = new Set(['1199', '12d1', '19d2', '1e0e', '2c7c', '413c', '0bdb', '1bc7']);

/** All serial ports of this machine, and of `added` paths those that are there (emulators, socat, RFC 2217 bridges). */
export async function listPorts(added: readonly string[] = []): Promise<Found[]> {
  const ports = (await systemPorts()).map(describePort);
  const known = new Set(ports.map((port) => port.address.rest));
  for (const path of added) {
    if (known.has(path) || !(await exists(path))) continue;
    ports.push({ address: serialAddress(path), likely: true, details: { port: path } });
  }
  return ports.sort((a, b) => compare(a.address.rest, b.address.rest));
}

/** Without udev (a container, a small Linux) serialport cannot list: the devices' own names must do. */
async function systemPorts(): Promise<RawPort[]> {
  const { SerialPort } = await import('./library');
  try {
    return (await SerialPort.list()) as RawPort[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== 'spawn udevadm') throw error;
    const names = (await readdir('/dev')).filter((name) => /^tty(ACM|USB)\d+$/.test(name));
    return names.map((name) => ({ path: `/dev/${name}` }));
  }
}

/** What is to be known of one port without opening it. */
export function describePort(port: RawPort): Found {
  const usb = usbOf(port);
  const label = usb
    ? (usbName(usb.vendorId, usb.productId) ?? usb.product ?? usb.manufacturer)
    : clean(port.friendlyName);
  return {
    address: serialAddress(callOut(port.path)),
    likely: isLikely(port, usb),
    ...(label ? { label } : {}),
    ...(usb ? { usb } : {}),
    details: { port: callOut(port.path) },
  };
}

function usbOf(port: RawPort): UsbInfo | undefined {
  const vendorId = hexId(port.vendorId);
  const productId = hexId(port.productId);
  if (vendorId === undefined || productId === undefined) return undefined;
  const serialNumber = clean(port.serialNumber);
  const manufacturer = clean(port.manufacturer);
  const product = productName(port);
  return {
    vendorId,
    productId,
    ...(serialNumber ? { serialNumber } : {}),
    ...(manufacturer ? { manufacturer } : {}),
    ...(product ? { product } : {}),
  };
}

/** udev's id is `usb-MANUFACTURER_PRODUCT_SERIAL-if00`; Windows has the name with the port in brackets. */
function productName(port: RawPort): string | undefined {
  if (port.friendlyName) return clean(port.friendlyName.replace(/\s*\(COM\d+\)$/, ''));
  const [, id] = /^usb-(.*?)(?:-if\d+.*)?$/.exec(port.pnpId ?? '') ?? [];
  if (id === undefined) return undefined;
  const serial = port.serialNumber ? `_${port.serialNumber}` : '';
  return clean(
    (id.endsWith(serial) ? id.slice(0, id.length - serial.length) : id).replace(/_/g, ' '),
  );
}

/** Every USB port may be a board, whoever made it; what is on no bus, Bluetooth and modems are none. */
function isLikely(port: RawPort, usb: UsbInfo | undefined): boolean {
  const said = `${port.path} ${port.friendlyName ?? ''} ${port.manufacturer ?? ''} ${port.pnpId ?? ''}`;
  if (/bluetooth|BTHENUM|rfcomm|(?<!usb)modem|wlan-debug|debug-console/i.test(said)) return false;
  if (usb) return !MODEM_VENDORS.has(usb.vendorId);
  // Without USB ids: adapters by their names; ttyS0 and COM1 are the computer's own.
  return /\/(ttyACM|ttyUSB|tty\.usb|cu\.usb|cu\.(SLAB|wch)|tty\.(SLAB|wch))/i.test(port.path);
}

/** macOS lists `tty.X`, which waits for a carrier; `cu.X` is the same port for calling out. */
function callOut(path: string): string {
  return path.replace(/^\/dev\/tty\./, '/dev/cu.');
}

function hexId(id: string | undefined): string | undefined {
  const match = /^(?:0x)?([0-9a-f]{1,4})$/i.exec(id ?? '');
  return match?.[1]?.toLowerCase().padStart(4, '0');
}

function clean(text: string | undefined): string | undefined {
  const shown = text
    ?.replace(/[\p{Cc}\p{Cf}]/gu, ' ')
    .slice(0, TEXT_LIMIT)
    .trim();
  return shown === '' ? undefined : shown;
}

/** By name, numbers as numbers: COM10 behind COM9. */
function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
