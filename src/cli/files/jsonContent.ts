import { validText } from '../../core/bytes';

/** Returns bytes for JSON: as `text`, or as `base64` if they are not UTF-8. */
export function jsonContent(content: Uint8Array): { text: string } | { base64: string } {
  const text = validText(content);
  return text === undefined ? { base64: Buffer.from(content).toString('base64') } : { text };
}
