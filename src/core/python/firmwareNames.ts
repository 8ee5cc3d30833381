/**
 * Firmware modules that a file on the board can shadow: MicroPython looks for `/os.py` before its
 * own `os`. With the prefix `u`, only the firmware's module is found (py/objmodule.c); older
 * versions have no other name.
 */
const EXTENSIBLE = 'os|io|time|select|hashlib|binascii|errno|machine|struct|json|random';
const IMPORT = new RegExp(`^( *)import (${EXTENSIBLE})$`, 'gm');
const FROM = new RegExp(`^( *)from (${EXTENSIBLE}) import (.*)$`, 'gm');
const CALL = new RegExp(`__import__\\('(${EXTENSIBLE})'\\)`, 'g');

/**
 * Adapts `code` for a MicroPython with these names: it imports the firmware's modules whatever
 * files are on the board, and uses the firmware's own print and open, even if a program has
 * replaced them.
 */
export function withFirmwareNames(code: string): string {
  const imports = code
    .replace(IMPORT, '$1import u$2 as $2')
    .replace(FROM, '$1from u$2 import $3')
    .replace(CALL, "__import__('u$1')");
  const open = /(?<![.\w])open\(/.test(code) ? 'from uio import open\n' : '';
  const print = /(?<![.\w])print\(/.test(code)
    ? "import sys\ndef print(*a):sys.stdout.write(' '.join([str(w)for w in a])+'\\n')\n"
    : '';
  return open + print + imports;
}

/** Adapts `code` for any Python: uses the firmware's own module if it has a separate name. */
export function withEitherNames(code: string): string {
  return code
    .replace(IMPORT, '$1try:import u$2 as $2\n$1except ImportError:import $2')
    .replace(FROM, '$1try:from u$2 import $3\n$1except ImportError:from $2 import $3');
}
