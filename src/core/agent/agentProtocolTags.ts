/**
 * Tags of messages that a board publishes to all readers: presence, log, events, telemetry, reports
 * (docs/protocol.md section 2).
 */
import { timingSafeEqual } from 'node:crypto';
import { TAG_BYTES } from './agentProtocol';
import { keyLabel, ROLES, type BoardKey } from './agentKeys';
import { hmac, withLength } from './agentMacs';

/**
 * The last line of a signed message: its sequence number in this boot, and a tag for each role or
 * `-`, then one for the key of each person (8 at most).
 */
const TAGS = /\n(\d{1,10})((?: (?:-|[0-9a-f]{24})){3,11})$/;
/** Maximum length of this line. */
const MOST = 1 + 10 + 11 * 25;

function tagsOf(message: Uint8Array): { body: Buffer; found: RegExpExecArray } | undefined {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const found = TAGS.exec(bytes.subarray(-MOST).toString('latin1'));
  return found ? { body: bytes.subarray(0, bytes.length - found[0].length), found } : undefined;
}

/** Signs a message that everyone may read, on behalf of a board, with a tag for each of `keys` in their order. */
export function signMessage(
  body: Uint8Array,
  number: number,
  { uid, leaf, keys }: { uid: string; leaf: string; keys: readonly BoardKey[] },
): Buffer {
  const tags = keys.map((key) => tagOf(body, number, { uid, leaf, ...key }).toString('hex'));
  return Buffer.concat([body, Buffer.from(`\n${[number, ...tags].join(' ')}`)]);
}

function tagOf(
  body: Uint8Array,
  counter: number,
  { uid, leaf, role, name, key }: { uid: string; leaf: string } & BoardKey,
): Buffer {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(counter % 2 ** 32);
  const parts = [uid, keyLabel({ role, name }), leaf].map(withLength);
  return hmac(key, 'MPY/2 M', ...parts, number, body).subarray(0, TAG_BYTES);
}

/** Returns the number of a signed message in its boot; undefined: it has no tags. */
export function numberOf(message: Uint8Array): number | undefined {
  const tags = tagsOf(message);
  return tags && Number(tags.found[1]);
}

/** Strips the tags from a message, if it has any. */
export function withoutTags(message: Uint8Array): Uint8Array {
  return tagsOf(message)?.body ?? message;
}

/**
 * Verifies the board's signature of this message with its key for this role. `leaf`: the last part
 * of the topic.
 */
export function isSigned(
  message: Uint8Array,
  about: { uid: string; leaf: string } & BoardKey,
): boolean {
  const tags = tagsOf(message);
  if (!tags) return false;
  const [, ...all] = (tags.found[2] ?? '').split(' ');
  const { role, name } = about;
  const own = name === undefined ? [all[ROLES.indexOf(role)] ?? '-'] : all.slice(ROLES.length);
  const expected = tagOf(tags.body, Number(tags.found[1]), about);
  return own.some((tag) => tag !== '-' && timingSafeEqual(Buffer.from(tag, 'hex'), expected));
}
