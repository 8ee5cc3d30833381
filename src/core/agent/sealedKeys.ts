import * as l10n from '@vscode/l10n';
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { UsageError } from '../errors';
import { keyText, parseKey, type BoardKey } from './agentKeys';

/** Minimum length of a passphrase in characters. */
export const MIN_PASSPHRASE = 12;
/** Maximum size of a file in bytes. */
const MAX_FILE = 16 * 1024 * 1024;
/** scrypt: 64 MiB and about 0.3 s, so that passphrases cannot be guessed in bulk. */
const COST = { N: 65_536, r: 8, p: 1, maxmem: 128 * 1024 * 1024 };
const HEAD = 'MicroPython Fleet keys 1';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** The content of a key file, by board. */
export type KeyRing = ReadonlyMap<string, BoardKey>;

/** @throws UsageError if the passphrase is too short */
export function checkPassphrase(passphrase: string): void {
  if (passphrase.length >= MIN_PASSPHRASE) return;
  throw new UsageError(l10n.t('The passphrase needs at least {0} characters', MIN_PASSPHRASE));
}

/**
 * Seals keys of boards with a passphrase (scrypt, AES-256-GCM), as a text of a few lines.
 * @throws UsageError if the passphrase is too short
 */
export async function sealKeys(keys: KeyRing, passphrase: string): Promise<string> {
  checkPassphrase(passphrase);
  const salt = randomBytes(16);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', await stretched(passphrase, salt), iv);
  cipher.setAAD(Buffer.from(HEAD));
  const plain = JSON.stringify(Object.fromEntries([...keys].map(([uid, k]) => [uid, keyText(k)])));
  const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  const body = Buffer.concat([salt, iv, cipher.getAuthTag(), sealed]).toString('base64');
  return `${HEAD}\n${body.replace(/.{76}/g, '$&\n')}\n`;
}

/**
 * Opens a file of {@link sealKeys}.
 * @throws UsageError if it is not such a file, was changed, or has another passphrase
 */
export async function openKeys(text: string, passphrase: string): Promise<KeyRing> {
  const [head, ...lines] = text.replaceAll('\r', '').split('\n');
  if (head !== HEAD || text.length > MAX_FILE) {
    throw new UsageError(l10n.t('This is not a key file of MicroPython Fleet'), {
      hint: l10n.t('Key files are written by "Export Keys…" and by mpyfleet keys export.'),
    });
  }
  const bytes = Buffer.from(lines.join(''), 'base64');
  const salt = bytes.subarray(0, 16);
  const iv = bytes.subarray(16, 16 + IV_BYTES);
  const tag = bytes.subarray(16 + IV_BYTES, 16 + IV_BYTES + TAG_BYTES);
  let plain: string;
  try {
    const decipher = createDecipheriv('aes-256-gcm', await stretched(passphrase, salt), iv);
    decipher.setAAD(Buffer.from(HEAD));
    decipher.setAuthTag(tag);
    const sealed = bytes.subarray(16 + IV_BYTES + TAG_BYTES);
    plain = Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new UsageError(l10n.t('The key file cannot be opened'), {
      hint: l10n.t('The passphrase is wrong, or the file was changed.'),
      cause,
    });
  }
  const content = JSON.parse(plain) as Record<string, unknown>;
  return new Map(Object.entries(content).map(([uid, key]) => [uid, parseKey(String(key))]));
}

/**
 * Splits the keys of an opened file. A file of a stranger must not take away the admin key that this computer has for a board.
 * @param known the key that this computer has
 * @returns `take`: keys to store; `left`: boards whose admin key a lesser one would replace
 */
export async function withoutLesser(
  ring: KeyRing,
  known: (uid: string) => Promise<BoardKey | undefined>,
): Promise<{ readonly take: KeyRing; readonly left: readonly string[] }> {
  const take = new Map<string, BoardKey>();
  const left: string[] = [];
  for (const [uid, key] of ring) {
    const isLesser = key.role !== 'admin' && (await known(uid))?.role === 'admin';
    if (isLesser) left.push(uid);
    else take.set(uid, key);
  }
  return { take, left };
}

function stretched(passphrase: string, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    scrypt(passphrase.normalize('NFKC'), salt, KEY_BYTES, COST, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  );
}
