const SHOWN = 160;

/**
 * Bytes of the line for the log: control characters and what is not ASCII escaped, and cut to a line's length. Of what is
 * secret, only how much it is.
 */
export function wireText(bytes: Uint8Array, isSecret = false): string {
  if (isSecret) return `(${bytes.length} bytes, not shown)`;
  let text = '';
  for (const byte of bytes.subarray(0, SHOWN)) {
    if (byte === 0x0d) text += '\\r';
    else if (byte === 0x0a) text += '\\n';
    else if (byte >= 0x20 && byte < 0x7f && byte !== 0x5c) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return bytes.length > SHOWN ? `${text}… (${bytes.length} bytes)` : text;
}
