import { text } from './bytes';
import { ProtocolError } from './errors';

/** Answers longer than this are not looked at. */
const LIMIT = 64 * 1024;

/** One JSON object that a board printed. @throws ProtocolError when it is none */
export function parseJson(output: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = output.length > LIMIT ? undefined : JSON.parse(text(output));
  } catch (cause) {
    throw new ProtocolError('The board did not answer as it was asked to', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProtocolError('The board did not answer as it was asked to');
  }
  return value as Record<string, unknown>;
}
