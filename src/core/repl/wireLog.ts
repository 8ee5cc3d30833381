const SHOWN = 160;

/**
 * Formats wire bytes for the log: control and non-ASCII characters are escaped, and the text is cut
 * to one line. For secret data, only the length.
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
