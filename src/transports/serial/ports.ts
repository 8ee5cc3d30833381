import { fullPlace } from '../../core/address';
import { access, readdir } from 'node:fs/promises';
import { serialAddress } from '../../core/parseAddress';
import type { Found, UsbInfo } from '../../core/board';
import { usbName } from './usbNames';

/** A port as serialport describes it. */
export interface RawPort {
  readonly path: string;
  readonly manufacturer?: string;
  readonly serialNumber?: string;
  readonly pnpId?: string;
  readonly productId?: string;
  readonly vendorId?: string;
  readonly locationId?: string;
  /** Only on Windows. */
  readonly friendlyName?: string;
}

const TEXT_LIMIT = 80; // a USB descriptor may contain any text
/** USB vendors that make phones and modems with serial ports, and no boards. */
const MODEM_VENDORS = new Set(['1199', '12d1', '19d2', '1e0e', '2c7c', '413c', '0bdb', '1bc7']);

/** Returns all serial ports of this machine, and the `added` paths that exist (emulators, socat, RFC 2217 bridges). */
export async function listPorts(added: readonly string[] = []): Promise<Found[]> {
  const ports = onePerPort(await systemPorts()).map(describePort);
  const known = new Set(ports.map((port) => fullPlace(port.address)));
  for (const path of added) {
    if (known.has(path) || !(await exists(path))) continue;
    const name = namedPath(path);
    const details = { port: path };
    ports.push({ address: serialAddress(path), likely: true, ...(name ? { name } : {}), details });
  }
  return ports.sort((a, b) => compare(fullPlace(a.address), fullPlace(b.address)));
}

/**
 * Removes duplicates: macOS lists a chip twice if its maker's driver is installed next to Apple's: a CH340 (`cu.wchusbserial410`,
 * `cu.usbserial-410`), a CH9102 (`cu.wchusbserial5A1`, `cu.usbmodem5A1`), a CP2102 (`cu.SLAB_USBtoUART`, `cu.usbserial-0001`, at
 * the same place of the bus). The maker's port is kept.
 */
export function onePerPort(ports: readonly RawPort[]): RawPort[] {
  const numberOf = ({ path }: RawPort) =>
    /^\/dev\/(?:tty|cu)\.(?:usbserial-?|usbmodem|wchusbserial)(\w+)$/.exec(path)?.[1];
  const isMakers = ({ path }: RawPort) => /wchusbserial|SLAB_USBtoUART/.test(path);
  const makers = ports.filter(isMakers);
  return ports.filter((port) => {
    const number = numberOf(port);
    if (isMakers(port) || number === undefined) return true;
    const isSamePlace = (m: RawPort) =>
      numberOf(m) === number || (!!m.locationId && m.locationId === port.locationId);
    return !makers.some((m) => isSameChip(m, port) && isSamePlace(m));
  });
}

function isSameChip(a: RawPort, b: RawPort): boolean {
  return a.vendorId === b.vendorId && a.productId === b.productId;
}

/** Returns the board's name from a path outside /dev that ends in a word (`/run/boards/kitchen`). `tty`, `pts` and numbers are not names. */
export function namedPath(path: string): string | undefined {
  const last = /^(?!\/dev\/)\/.*\/([A-Za-z][\w-]{1,39})$/.exec(path)?.[1];
  return last === undefined || /^(tty|pty|pts|cu|com|serial|usb|uart|port|socket)/i.test(last)
    ? undefined
    : last;
}

/**
 * Lists the ports. Without udev (in a container or a small Linux) serialport cannot list them, so the names in
 * /dev are used.
 */
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

/** Describes a port from the system's data, without opening it. */
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
  const location = clean(port.locationId);
  // udev: `…-if02`; Windows: `…&MI_02\\…`; hexadecimal in both.
  const number = /-if([0-9a-f]{2})|&MI_([0-9a-f]{2})/i.exec(port.pnpId ?? '');
  return {
    vendorId,
    productId,
    ...(serialNumber ? { serialNumber } : {}),
    ...(manufacturer ? { manufacturer } : {}),
    ...(product ? { product } : {}),
    ...(number ? { interface: Number.parseInt(number[1] ?? number[2] ?? '', 16) } : {}),
    ...(location ? { location } : {}),
  };
}

/**
 * Returns the product's name. udev's id is `usb-MANUFACTURER_PRODUCT_SERIAL-if00`; Windows appends the port
 * to the name in brackets.
 */
function productName(port: RawPort): string | undefined {
  if (port.friendlyName) return clean(port.friendlyName.replace(/\s*\(COM\d+\)$/, ''));
  const [, id] = /^usb-(.*?)(?:-if\d+.*)?$/.exec(port.pnpId ?? '') ?? [];
  if (id === undefined) return undefined;
  const serial = port.serialNumber ? `_${port.serialNumber}` : '';
  return clean(
    (id.endsWith(serial) ? id.slice(0, id.length - serial.length) : id).replace(/_/g, ' '),
  );
}

/**
 * Returns whether a port may be a board. Any USB port may; ports on no bus, Bluetooth ports and
 * modems are not.
 */
function isLikely(port: RawPort, usb: UsbInfo | undefined): boolean {
  const said = `${port.path} ${port.friendlyName ?? ''} ${port.manufacturer ?? ''} ${port.pnpId ?? ''}`;
  if (/bluetooth|BTHENUM|rfcomm|(?<!usb)modem|wlan-debug|debug-console/i.test(said)) return false;
  if (usb) return !MODEM_VENDORS.has(usb.vendorId);
  // Without USB ids the name decides; ttyS0 and COM1 are the computer's own ports.
  return /\/(ttyACM|ttyUSB|tty\.usb|cu\.usb|cu\.(SLAB|wch)|tty\.(SLAB|wch))/i.test(port.path);
}

/**
 * Returns the port for outgoing connections, `cu.X`. macOS also lists `tty.X`, which waits for a
 * carrier.
 */
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

/** Compares by name with numeric order: COM10 comes after COM9. */
function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
