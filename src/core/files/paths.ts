import * as l10n from '@vscode/l10n';
import { concat, utf8, text } from '../bytes';
import { FileError } from '../errors';

/**
 * Suffix of temporary names: `.mpf`, the first 8 hex digits of the content's SHA-256, `~`. See
 * store.py.
 */
const TEMPORARY = /\.mpf[0-9a-f]{8}~$/;
// eslint-disable-next-line no-control-regex -- a board's name may hold anything
const CONTROL = /[\u0000-\u001f\u007f]/;
const NAME_LIMIT = 255; // bytes; the limit of LittleFS and FAT
const SUFFIX_LENGTH = 13;

/**
 * Returns whether an interrupted upload left this file behind. The next upload to its folder deletes it.
 */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name);
}

/** Moves an absolute board path below `folder`, which may be the root: `/flash` and `/main.py` -> `/flash/main.py`. */
export function under(folder: string, path: string): string {
  return folder === '/' ? path : `${folder}${path}`;
}

/**
 * Normalises `path`: absolute, without trailing slash, `.` and `..`.
 * @throws FileError EINVAL for a path that no board can store
 */
export function boardPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(checkedName(part, path));
  }
  return `/${parts.join('/')}`;
}

function checkedName(name: string, path: string): string {
  if (CONTROL.test(name) || pathBytes(name).length > NAME_LIMIT) {
    throw new FileError(
      'EINVAL',
      path,
      l10n.t('"{0}" cannot be the name of a file on a board', shown(name)),
      {
        hint: l10n.t('Use a name without control characters, of at most 255 bytes.'),
      },
    );
  }
  return name;
}

/**
 * Checks that a file can be written at the path.
 * @throws FileError EINVAL if the name is too long for its temporary name
 */
export function checkWritable(path: string): void {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name !== '' && pathBytes(name).length + SUFFIX_LENGTH <= NAME_LIMIT) return;
  throw new FileError('EINVAL', path, l10n.t('A file cannot be written to "{0}"', shown(path)), {
    hint:
      name === '' ? l10n.t('Give the name of a file.') : l10n.t('Use a name of at most 242 bytes.'),
  });
}

/**
 * Represents byte b of an undecodable name as U+F000 + b, in the private use area. Such names can
 * be listed, read, renamed and deleted like any other. A real name with such a character is encoded
 * the same way, so the mapping is unambiguous.
 */
const RAW = 0xf000;
const RAW_CHAR = /[\uf000-\uf0ff]/;

/**
 * Decodes a name from a board. Bytes that are not valid text (invalid UTF-8, control characters,
 * backslashes) are represented one by one, see {@link RAW}. A name that leads outside its folder is
 * shown with escapes, so that it refers to nothing on the board or on this computer.
 */
export function nameFromBoard(bytes: Uint8Array): string {
  const name = text(bytes);
  if (name === '' || /^\.\.?$/.test(name) || bytes.includes(0x2f)) {
    const isLetter = (b: number) => b > 0x20 && b < 0x7f && ![0x2f, 0x5c, 0x2e, 0x25].includes(b);
    const escape = (b: number) => `%${b.toString(16).padStart(2, '0')}`;
    return Array.from(bytes, (b) => (isLetter(b) ? String.fromCharCode(b) : escape(b))).join('');
  }
  if (!CONTROL.test(name) && !/[\\\ufffd]/.test(name) && !RAW_CHAR.test(name)) return name;
  const isPlain = (b: number) => b >= 0x20 && b < 0x7f && b !== 0x5c;
  return Array.from(bytes, (b) => String.fromCharCode(isPlain(b) ? b : RAW + b)).join('');
}

/**
 * Returns whether a name or path contains undecodable bytes, so that no file on this computer can have it.
 */
export function isRawName(path: string): boolean {
  return RAW_CHAR.test(path);
}

/** Encodes a path as the board stores it. */
export function pathBytes(path: string): Uint8Array {
  return rawPath(path) ?? utf8(path);
}

/** Encodes a path with undecodable names; undefined for any other path. */
export function rawPath(path: string): Uint8Array | undefined {
  if (!RAW_CHAR.test(path)) return undefined;
  return concat(
    Array.from(path, (c) => (RAW_CHAR.test(c) ? Uint8Array.of(c.charCodeAt(0) - RAW) : utf8(c))),
  );
}

/**
 * Formats a name or path for people, with undecodable bytes as `\x81`. {@link typedPath} parses it.
 */
export function shownPath(path: string): string {
  return path.replace(/[\uf000-\uf0ff]/g, (c) => {
    return `\\x${(c.charCodeAt(0) - RAW).toString(16).padStart(2, '0')}`;
  });
}

/** Parses a path as people type it: `\x81` is an undecodable byte, see {@link shownPath}. */
export function typedPath(path: string): string {
  return path.replace(/\\x([0-9a-f]{2})/gi, (_, digits: string) => {
    return String.fromCharCode(RAW + Number.parseInt(digits, 16));
  });
}

/** Formats `name` for a message, with control characters escaped. */
function shown(name: string): string {
  const escaped = (c: string) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return Array.from(name, (c) => (CONTROL.test(c) ? escaped(c) : c)).join('');
}

/**
 * Parses a Python bytes literal (`b'caf\xc3\xa9'`) as printed by `repr` on a board; undefined for
 * anything else.
 */
export function parseBytes(literal: string): Uint8Array | undefined {
  const match = /^b?(['"])(.*)\1$/s.exec(literal);
  if (!match) return undefined;
  const body = match[2] ?? '';
  const out: number[] = [];
  const token = /\\x([0-9a-f]{2})|\\([nrt\\'"])|([^\\])/gsy;
  while (token.lastIndex < body.length) {
    const found = token.exec(body);
    if (!found) return undefined;
    const [, hexCode, escape, plain] = found;
    if (hexCode !== undefined) out.push(Number.parseInt(hexCode, 16));
    else if (escape !== undefined)
      out.push(...utf8({ n: '\n', r: '\r', t: '\t' }[escape] ?? escape));
    else if (plain !== undefined) out.push(...utf8(plain));
  }
  return Uint8Array.from(out);
}
