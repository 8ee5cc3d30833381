import type { BoardInfo } from './boardInfo';

/**
 * Native architectures, indexed by their number in sys.implementation._mpy (docs.micropython.org,
 * "MicroPython .mpy files").
 */
const ARCHITECTURES = [
  '',
  'x86',
  'x64',
  'armv6',
  'armv6m',
  'armv7m',
  'armv7em',
  'armv7emsp',
  'armv7emdp',
  'xtensa',
  'xtensawin',
  'rv32imc',
  'rv64imc',
];

/**
 * Decodes `sys.implementation._mpy`: version (bits 0 to 7), sub-version (8 and 9), architecture (10
 * to 13). Undefined for 0 (no .mpy support).
 */
export function mpyFromNumber(value: number): BoardInfo['mpy'] {
  if (!Number.isInteger(value) || value <= 0) return undefined;
  return {
    version: value & 0xff,
    subVersion: (value >> 8) & 3,
    arch: ARCHITECTURES[(value >> 10) & 0x0f] ?? 'unknown',
    ...(value >= 1 << 16 ? { flags: Math.floor(value / (1 << 16)) } : {}),
  };
}

/** Returns the number that {@link mpyFromNumber} decodes; 0 for a board without .mpy support. */
export function mpyToNumber(mpy: BoardInfo['mpy']): number {
  if (!mpy) return 0;
  const arch = Math.max(0, ARCHITECTURES.indexOf(mpy.arch));
  return mpy.version + mpy.subVersion * 2 ** 8 + arch * 2 ** 10 + (mpy.flags ?? 0) * 2 ** 16;
}

/** Bit of a .mpy file's third byte: extensions that its machine code uses follow the header, 7 bits a byte, highest first. */
const HAS_FLAGS = 0x40;
const HEADER_BYTES = 4;
/** Numbers with more digits are not flags. */
const MOST_FLAG_BYTES = 4;

/** Decodes the header of a .mpy file; undefined if it is none, or is cut off. */
export function mpyFromFile(content: Uint8Array): BoardInfo['mpy'] {
  const [magic, version = 0, feature = 0] = content;
  const made = magic === 0x4d ? mpyFromNumber((feature << 8) | version) : undefined;
  if (!made || !(feature & HAS_FLAGS)) return made;
  let flags = 0;
  for (const byte of content.subarray(HEADER_BYTES, HEADER_BYTES + MOST_FLAG_BYTES)) {
    flags = flags * 128 + (byte & 0x7f);
    if (byte < 0x80) return { ...made, flags };
  }
  return undefined;
}

/** Arm cores in ascending order: each also runs code for the earlier ones. */
const ARM = ['armv6m', 'armv7m', 'armv7em', 'armv7emsp', 'armv7emdp'];

/**
 * Returns whether machine code for `made` runs on `board`: same architecture, or an earlier one of the Arm
 * family.
 */
export function runsNative(made: string, board: string): boolean {
  if (made === board) return true;
  const [older, newer] = [ARM.indexOf(made), ARM.indexOf(board)];
  return older >= 0 && older < newer;
}
