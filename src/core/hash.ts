import { createHash } from 'node:crypto';

/** Returns the SHA-256 in lower-case hex. */
export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Returns the 32 bytes of the SHA-256. */
export function sha256Bytes(content: Uint8Array): Uint8Array {
  return createHash('sha256').update(content).digest();
}
