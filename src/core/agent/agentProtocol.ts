import * as l10n from '@vscode/l10n';
/**
 * Frames of the agent protocol MPY/2, and of MPY/1 for boards that have not been updated.
 * docs/protocol.md, sections 3, 5 and 8, specifies the protocol.
 */
import { ProtocolError } from '../errors';
import { isRecord } from '../json';

/** Protocol version of this code. Boards with version 1 can be read and updated. */
export const PROTOCOL_VERSION = 2;
export type ProtocolVersion = 1 | 2;
/** Length of the header of every frame, in bytes (docs/protocol.md section 3). */
export const HEADER_BYTES = 16;
/** Length in bytes of the truncated HMAC that signs a frame (docs/protocol.md section 4). */
export const TAG_BYTES = 12;
/**
 * Request ids, counters and offsets stay below this value, so that they are small integers in
 * 32-bit MicroPython.
 */
export const MAX_U30 = 0x3fffffff;
/** Largest permitted frame in bytes; larger frames are rejected unread. */
export const MAX_MTU = 16384;

/** Bits in a frame's first byte. */
export const Flag = { first: 0x01, last: 0x02, zlib: 0x04, mac: 0x08, ackReq: 0x10 } as const;

/** Operation codes (docs/protocol.md section 5). */
export const Op = {
  hello: 0x01,
  ping: 0x02,
  bye: 0x03,
  exec: 0x10,
  stdin: 0x11,
  intr: 0x12,
  out: 0x13,
  complete: 0x14,
  put: 0x20,
  data: 0x21,
  ack: 0x22,
  nak: 0x23,
  end: 0x24,
  cancel: 0x25,
  get: 0x26,
  stat: 0x30,
  list: 0x31,
  hash: 0x32,
  mkdir: 0x33,
  rm: 0x34,
  mv: 0x35,
  statfs: 0x36,
  reset: 0x40,
  time: 0x41,
  cfg: 0x42,
  logget: 0x43,
  app: 0x44,
  ota: 0x45,
  ok: 0x70,
  busy: 0x71,
  part: 0x72,
  err: 0x7f,
} as const;
export type OpCode = (typeof Op)[keyof typeof Op];
const KNOWN_OPS = new Set<number>(Object.values(Op));

/** Error codes by their number in `aux`; index 0 is unused. */
export const ERROR_CODES = [
  'EFAIL',
  'ENOENT',
  'EEXIST',
  'ENOSPC',
  'EBUSY',
  'ESTALE',
  'EAUTH',
  'EROLE',
  'EVERIFY',
  'ETOOBIG',
  'ETIMEOUT',
  'ECANCEL',
  'ENOMEM',
  'EPROTO',
  'EINVAL',
  'EISDIR',
  'ENOTDIR',
  'ENOTEMPTY',
  'EROFS',
  'EIO',
  'ENOSYS',
  'EFAIL',
] as const;
export type AgentErrorCode = (typeof ERROR_CODES)[number];

/** One message of the agent protocol, without its signature. */
export interface Frame {
  readonly op: OpCode;
  /** Bits of `Flag`. The signer sets the MAC bit. */
  readonly flags: number;
  readonly aux: number;
  readonly reqid: number;
  readonly counter: number;
  readonly offset: number;
  readonly payload: Uint8Array;
}

/** Result of `decodeFrame`: the frame, and the parts covered by its tag. */
export interface DecodedFrame {
  readonly frame: Frame;
  /** Header and payload, as sent. */
  readonly signed: Uint8Array;
  readonly tag: Uint8Array | undefined;
}

const EMPTY = new Uint8Array(0);

/** Creates a frame with defaults for rarely used fields. */
export function makeFrame(op: OpCode, reqid: number, rest: Partial<Frame> = {}): Frame {
  return { op, reqid, flags: 0, aux: 0, counter: 0, offset: 0, payload: EMPTY, ...rest };
}

/**
 * Encodes header and payload without a tag.
 * @throws ProtocolError when a number is out of range, which would be a programming error
 */
export function encodeFrame(frame: Frame, version: ProtocolVersion = PROTOCOL_VERSION): Buffer {
  const out = Buffer.alloc(HEADER_BYTES + frame.payload.length);
  for (const value of [frame.reqid, frame.counter, frame.offset]) {
    if (!Number.isInteger(value) || value < 0 || value > MAX_U30) {
      throw new ProtocolError(l10n.t('frame field out of range: {0}', value));
    }
  }
  out[0] = (version << 5) | frame.flags;
  out[1] = frame.op;
  out.writeUInt16BE(frame.aux, 2);
  out.writeUInt32BE(frame.reqid, 4);
  out.writeUInt32BE(frame.counter, 8);
  out.writeUInt32BE(frame.offset, 12);
  out.set(frame.payload, HEADER_BYTES);
  return out;
}

/**
 * Decodes one message. Checks only its form; the session checks the tag.
 * @throws ProtocolError when it is too short, too long, of another version, or has an unknown
 * operation
 */
export function decodeFrame(message: Uint8Array, mtu = MAX_MTU): DecodedFrame {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  if (bytes.length < HEADER_BYTES) {
    throw new ProtocolError(l10n.t('frame of {0} bytes is too short', bytes.length));
  }
  const first = bytes.readUInt8(0);
  const version = first >> 5;
  if (version < 1 || version > PROTOCOL_VERSION) {
    throw new ProtocolError(
      l10n.t('frame of protocol version {0}, not {1}', version, PROTOCOL_VERSION),
    );
  }
  const signed = (first & Flag.mac) !== 0;
  const end = bytes.length - (signed ? TAG_BYTES : 0);
  if (end < HEADER_BYTES || end - HEADER_BYTES > mtu) {
    throw new ProtocolError(l10n.t('frame of {0} bytes does not fit the protocol', bytes.length));
  }
  const op = bytes.readUInt8(1);
  if (!KNOWN_OPS.has(op)) {
    throw new ProtocolError(l10n.t('frame with unknown operation 0x{0}', op.toString(16)));
  }
  const frame: Frame = {
    op: op as OpCode,
    flags: first & 0x1f,
    aux: bytes.readUInt16BE(2),
    reqid: bytes.readUInt32BE(4),
    counter: bytes.readUInt32BE(8),
    offset: bytes.readUInt32BE(12),
    payload: bytes.subarray(HEADER_BYTES, end),
  };
  if (Math.max(frame.reqid, frame.counter, frame.offset) > MAX_U30) {
    throw new ProtocolError(l10n.t('frame with a number above 2^30'));
  }
  return { frame, signed: bytes.subarray(0, end), tag: signed ? bytes.subarray(end) : undefined };
}

/**
 * Encodes `u16 length ‖ JSON ‖ bytes`, the payload form of requests that carry binary data (section
 * 3).
 */
export function encodeJsonAndBytes(json: object, bytes: Uint8Array): Uint8Array {
  const head = Buffer.from(JSON.stringify(json));
  const out = Buffer.alloc(2 + head.length + bytes.length);
  out.writeUInt16BE(head.length, 0);
  out.set(head, 2);
  out.set(bytes, 2 + head.length);
  return out;
}

/** Decodes a payload that must be one JSON object. @throws ProtocolError when it is not */
export function decodeJson(payload: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch (cause) {
    throw new ProtocolError(l10n.t('the board sent text that is not JSON'), { cause });
  }
  if (isRecord(value)) return value;
  throw new ProtocolError(l10n.t('the board sent JSON that is not an object'));
}

/** The validated and bounded content of an ERR frame. */
export interface AgentError {
  readonly code: AgentErrorCode;
  readonly errno: number | undefined;
  readonly message: string;
  readonly path: string | undefined;
  readonly details: Record<string, unknown>;
}

const MAX_ERROR_TEXT = 300;

function readDetails(payload: Uint8Array): Record<string, unknown> {
  try {
    return decodeJson(payload);
  } catch (error) {
    return { m: error instanceof Error ? error.message : '' };
  }
}

/** Decodes ERR. An invalid payload still yields the code from `aux`. */
export function decodeError(frame: Frame): AgentError {
  const details = readDetails(frame.payload);
  const text = (value: unknown) =>
    typeof value === 'string' ? value.slice(0, MAX_ERROR_TEXT) : undefined;
  return {
    code: ERROR_CODES[frame.aux] ?? 'EFAIL',
    errno: typeof details.e === 'number' ? details.e : undefined,
    message: text(details.m) ?? '',
    path: text(details.p),
    details,
  };
}
