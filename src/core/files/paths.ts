import { utf8, text } from '../bytes';
import { FileError } from '../errors';

/** What a temporary file's name ends in: `.mpf`, the start of the content's SHA-256 in hex, `~`. See store.py. */
const TEMPORARY = /\.mpf[0-9a-f]{8}~$/;
// eslint-disable-next-line no-control-regex -- a board's name may hold anything
const CONTROL = /[\u0000-\u001f\u007f]/;
const NAME_LIMIT = 255; // bytes, of LittleFS and FAT alike
const SUFFIX_LENGTH = 13;

/** `name` is what an upload that was cut off left behind; the next upload into its folder sweeps it. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name);
}

/**
 * `path` in its one form: absolute, no trailing slash, no `.` and `..`.
 * @throws FileError EINVAL for a path that no board can hold
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
  if (CONTROL.test(name) || utf8(name).length > NAME_LIMIT) {
    throw new FileError(
      'EINVAL',
      path,
      `"${shown(name)}" cannot be the name of a file on a board`,
      {
        hint: 'Use a name without control characters, of at most 255 bytes.',
      },
    );
  }
  return name;
}

/** @throws FileError EINVAL when there is no room for a temporary name beside the file */
export function checkWritable(path: string): void {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name !== '' && utf8(name).length + SUFFIX_LENGTH <= NAME_LIMIT) return;
  throw new FileError('EINVAL', path, `A file cannot be written to "${shown(path)}"`, {
    hint: name === '' ? 'Give the name of a file.' : 'Use a name of at most 242 bytes.',
  });
}

/**
 * A name that a board said, as text. One that could leave its folder or is no text is shown with escapes, so that it
 * names nothing, neither on the board nor on this computer.
 */
export function nameFromBoard(bytes: Uint8Array): string {
  const name = text(bytes);
  const harmless =
    name !== '' &&
    name !== '.' &&
    name !== '..' &&
    !CONTROL.test(name) &&
    !/[/\\\ufffd]/.test(name);
  if (harmless) return name;
  const escaped = Array.from(bytes, (b) =>
    b > 0x20 && b < 0x7f && b !== 0x2f && b !== 0x5c && b !== 0x2e && b !== 0x25
      ? String.fromCharCode(b)
      : `%${b.toString(16).padStart(2, '0')}`,
  );
  return escaped.join('');
}

/** `name` for a message: control characters as escapes. */
function shown(name: string): string {
  const escaped = (c: string) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return Array.from(name, (c) => (CONTROL.test(c) ? escaped(c) : c)).join('');
}

/** The bytes of a Python bytes literal (`b'caf\xc3\xa9'`), as `repr` writes it on a board; undefined for anything else. */
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
