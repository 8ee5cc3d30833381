import { createHmac } from 'node:crypto';

/**
 * Returns a message for the topic `leaf` as a board signs it with its admin key (docs/protocol.md section 2): the
 * content, and a line with a number and a tag for each role.
 */
export function signedByBoard(
  uid: string,
  key: Uint8Array,
  leaf: string,
  content: Record<string, unknown>,
): Buffer {
  const text = JSON.stringify(content);
  const head = [uid, 'admin', leaf].map((part) => String.fromCharCode(part.length) + part).join('');
  const mac = createHmac('sha256', key).update(`MPY/2 M${head}\0\0\0\x05${text}`).digest('hex');
  return Buffer.from(`${text}\n5 - - ${mac.slice(0, 24)}`);
}
