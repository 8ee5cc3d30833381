/** Formats an address in IoT Kernel's way: `serial:///dev/ttyUSB0`. */
export function urlOf(address: string): string {
  return address.replace(/^serial:(?!\/\/\/)/, (s) => `${s}//`).replace(/^(wss?:.*)\/$/, '$1');
}
