import * as zlib from 'node:zlib';

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c >>> 0;
});

/** Computes the CRC-32 like `binascii.crc32`, continued from `start`. */
export function crc32(bytes: Uint8Array, start = 0): number {
  const native = (zlib as { crc32?: (data: Uint8Array, start: number) => number }).crc32; // Node 20.15 and later
  if (native) return native(bytes, start);
  let c = ~start >>> 0;
  for (const byte of bytes) c = (table[(c ^ byte) & 0xff] ?? 0) ^ (c >>> 8);
  return ~c >>> 0;
}
