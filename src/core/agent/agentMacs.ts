import { createHmac, randomBytes } from 'node:crypto';
import { type Frame, type ProtocolVersion, Flag, TAG_BYTES, encodeFrame } from './agentProtocol';

/** Length in bytes of the key of one group push. */
export const GROUP_KEY_BYTES = 16;

/** Returns the HMAC-SHA256 of the parts. */
export function hmac(key: Uint8Array, ...parts: (Uint8Array | string)[]): Buffer {
  const mac = createHmac('sha256', key);
  for (const part of parts) {
    mac.update(part);
  }
  return mac.digest();
}

/**
 * Prefixes a text with its length, so that bytes cannot move from one part of a MAC to the next.
 */
export function withLength(part: string): Buffer {
  const bytes = Buffer.from(part);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/**
 * Derives a board's default key for a lesser role from the admin key, so that it can be shared
 * without contacting the board.
 */
export function keyForRole(adminKey: Uint8Array, uid: string, role: string): Buffer {
  return hmac(adminKey, 'MPY/2 K', withLength(uid), withLength(role));
}

/** Generates a key for one group push. */
export function makeGroupKey(): Buffer {
  return randomBytes(GROUP_KEY_BYTES);
}

/**
 * Encodes a DATA message for a group topic (section 8). `groupKey` undefined: for boards in open
 * mode. `cipher`: encrypts it, for boards whose sessions are encrypted.
 */
export function encodeGroupFrame(
  frame: Frame,
  groupKey: Uint8Array | undefined,
  proto: ProtocolVersion = 2,
  cipher?: { encrypt(frame: Uint8Array): Buffer },
): Buffer {
  const flags = (frame.flags & ~Flag.mac) | (groupKey ? Flag.mac : 0);
  const plain = encodeFrame({ ...frame, flags, aux: 0 }, proto);
  if (!groupKey) {
    return plain;
  }
  const bytes = cipher?.encrypt(plain) ?? plain;
  return Buffer.concat([bytes, hmac(groupKey, 'g', bytes).subarray(0, TAG_BYTES)]);
}

/** Computes the `mac` of a retained desired configuration (section 10). */
export function configMac(adminKey: Uint8Array, uid: string, v: number, set: string): string {
  return hmac(adminKey, 'MPY/2 C', withLength(uid), `${v}:`, set).toString('hex');
}

/** Characters for passwords that people type. None looks like another. */
const SIGNS = 'abcdefghijkmnpqrstuvwxyz23456789';

/**
 * Prefix of the names of boards' access points (docs/setup.md, "Without a cable"). As much of the
 * unique id follows as fits into 32 bytes.
 */
export const ACCESS_POINT = 'mpyfleet-';

/** Returns the password of a board's access point. It is derived from the admin key, so it need not be stored. */
export function accessPointPassword(adminKey: Uint8Array, uid: string): string {
  const bytes = hmac(adminKey, 'MPY/2 A', withLength(uid)).subarray(0, 12);
  return [...bytes].map((b) => SIGNS[b & 31]).join('');
}
