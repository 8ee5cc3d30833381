import * as l10n from '@vscode/l10n';
import { concat, utf8 } from '../bytes';
import { ProtocolError } from '../errors';

/*
 * WebREPL's own requests: an 82-byte header in a binary WebSocket frame, answered by `WB` and a status in two bytes.
 * Source: MicroPython's extmod/modwebrepl.c (struct webrepl_file) and extmod/modwebsocket.c.
 */

/** The values of the header's `type`. */
export const webReplRequest = { put: 1, get: 2, version: 3 } as const;

/** The server's request for the password. */
export const passwordPrompt = 'Password: ';
/** Sent after a correct password, followed by the prompt. */
export const connectedBanner = '\r\nWebREPL connected\r\n>>> ';
/** Sent after a wrong password; the server then disconnects. */
export const deniedBanner = '\r\nAccess denied\r\n';

/** Longest name in bytes: the header has 64, and the server reads up to the terminating zero. */
export const maxNameBytes = 63;
/** Longest frame in bytes: the server's WebSocket code fails on frames whose length needs eight bytes. */
export const maxFrameBytes = 0xffff;
/** Status of a finished step. */
const statusOk = 0;

const headerBytes = 82;

/**
 * Encodes the header of a request. `size` is the file's length in bytes (put only).
 * @throws ProtocolError when the name is too long for the header
 */
export function encodeRequest(
  type: (typeof webReplRequest)[keyof typeof webReplRequest],
  name = '',
  size = 0,
): Uint8Array {
  const nameBytes = utf8(name);
  if (nameBytes.length > maxNameBytes) {
    throw new ProtocolError(
      l10n.t('WebREPL allows names of at most {0} bytes: "{1}"', maxNameBytes, name),
    );
  }
  const header = new Uint8Array(headerBytes);
  const view = new DataView(header.buffer);
  header.set(utf8('WA'), 0);
  header[2] = type;
  view.setUint32(12, size, true); // after flags (1 byte) and offset (8 bytes), both unused
  view.setUint16(16, nameBytes.length, true);
  header.set(nameBytes, 18);
  return header;
}

/**
 * Validates the answer to a step of a request.
 * @throws ProtocolError when it is invalid, or reports that the step failed
 */
export function checkAnswer(answer: Uint8Array): void {
  const [w, b, low = 0, high = 0] = answer;
  if (answer.length !== 4 || w !== 0x57 || b !== 0x42) {
    throw new ProtocolError(l10n.t('The board sent an answer that is not valid in WebREPL'));
  }
  const status = low | (high << 8);
  if (status !== statusOk) throw new ProtocolError(l10n.t('WebREPL reports error {0}', status));
}

/** Decodes the server's firmware version from its answer to a version request. */
export function decodeVersion(answer: Uint8Array): string | undefined {
  return answer.length === 3 ? Array.from(answer).join('.') : undefined;
}

/**
 * Explains why a password is not valid for WebREPL: it keeps at most 9 bytes, ends at a line end,
 * and its set-up asks for 4.
 * @param lowest minimum length: 4 when a password is chosen, 1 when one is entered (code may have
 * set a shorter one)
 * @returns a text for the user; undefined if the password is valid
 */
export function passwordProblem(password: string, lowest: 1 | 4 = 4): string | undefined {
  const length = utf8(password).length;
  if (/[\0\r\n]/.test(password))
    return l10n.t('A WebREPL password cannot contain line breaks or NUL.');
  if (length < lowest) return l10n.t('A WebREPL password has at least {0} characters.', lowest);
  if (length > 9)
    return l10n.t('A WebREPL password has at most 9 characters (bytes, where not ASCII).');
  return undefined;
}

/** Splits `data` into frames that the server accepts. */
export function frames(data: Uint8Array, size: number = maxFrameBytes): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += size) all.push(data.subarray(at, at + size));
  return all;
}

/** Encodes a password for the server, which reads up to the carriage return. */
export function encodePassword(password: string): Uint8Array {
  return concat([utf8(password), utf8('\r')]);
}
