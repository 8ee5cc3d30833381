import * as l10n from '@vscode/l10n';
import { text } from './bytes';
import { ProtocolError } from './errors';

/** Longer answers are rejected, in bytes. */
const LIMIT = 64 * 1024;

/** Returns whether `value` is an object and not a list, as parsed from JSON or YAML. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns `value` if it is an object, else an empty object, so that its fields can be read. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

/** Parses one JSON object printed by a board. @throws ProtocolError if it is not one */
export function parseJson(output: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = output.length > LIMIT ? undefined : JSON.parse(text(output));
  } catch (cause) {
    throw new ProtocolError(l10n.t("The board's answer does not match the request"), { cause });
  }
  if (!isRecord(value)) {
    throw new ProtocolError(l10n.t("The board's answer does not match the request"));
  }
  return value;
}

/**
 * Parses JSON like MicroPython's json module, and therefore like mip on a board: with trailing
 * commas. Pythings' documentation contains them as well.
 * @throws SyntaxError
 */
export function parseLenientJson(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch (error) {
    // Keeps strings; elsewhere removes a comma before a closing bracket.
    const mended = source.replace(
      /("(?:[^"\\]|\\.)*")|,(?=\s*[\]}])/g,
      (_, quoted?: string) => quoted ?? '',
    );
    if (mended === source) throw error;
    return JSON.parse(mended);
  }
}
