import { crc32 } from './crc';

/**
 * Length in bytes of a frame's header: mark, number, length (2 x 7 bits), CRC-32 (5 x 7 bits); see
 * receiver.py.
 */
export const HEAD = 9;
/** Frame numbers run from 0 to this value minus one and then start again. */
export const NUMBERS = 64;
const MARK = 0x7e;
const ESCAPE = 0x10;

/**
 * Bytes that the REPL would execute as commands if a cancelled upload left them behind, and the
 * escape byte.
 */
const UP = new Set([0x02, 0x03, 0x04, ESCAPE]);

/** Escapes bytes that must not appear on the wire to the board; each becomes two bytes. */
export function escapeBytes(data: Uint8Array): Uint8Array {
  let extra = 0;
  for (const byte of data) if (UP.has(byte)) extra++;
  if (extra === 0) return data;
  const out = new Uint8Array(data.length + extra);
  let at = 0;
  for (const byte of data) {
    if (UP.has(byte)) {
      out[at++] = ESCAPE;
      out[at++] = byte + 0x40;
    } else {
      out[at++] = byte;
    }
  }
  return out;
}

/** Returns how many bytes of `data`, starting at `from`, fit into `room` bytes on the wire. */
export function fitting(data: Uint8Array, from: number, room: number): number {
  let used = 0;
  let at = from;
  for (; at < data.length; at++) {
    used += UP.has(data[at] ?? 0) ? 2 : 1;
    if (used > room) break;
  }
  return at - from;
}

/** Encodes a frame for the wire. @param number 0..63 @param body escaped, below 16 KiB */
export function frame(number: number, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(HEAD + body.length);
  out[0] = MARK;
  out[1] = 0x80 | number;
  out[2] = 0x80 | (body.length >> 7);
  out[3] = 0x80 | (body.length & 0x7f);
  out.set(body, HEAD);
  const sum = crc32(body, crc32(out.subarray(0, 4)));
  for (let i = 0; i < 5; i++) out[4 + i] = 0x80 | (Math.floor(sum / 2 ** (7 * (4 - i))) & 0x7f);
  return out;
}
