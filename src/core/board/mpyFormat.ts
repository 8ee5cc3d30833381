import type { BoardInfo } from './boardInfo';

/** Native architectures by their number in sys.implementation._mpy (docs.micropython.org, "MicroPython .mpy files"). */
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
 * What `sys.implementation._mpy` says: version (bits 0 to 7), sub-version (8 and 9), architecture (10 to 13);
 * undefined for 0 (no .mpy files).
 */
export function mpyFromNumber(value: number): BoardInfo['mpy'] {
  if (!Number.isInteger(value) || value <= 0) return undefined;
  return {
    version: value & 0xff,
    subVersion: (value >> 8) & 3,
    arch: ARCHITECTURES[(value >> 10) & 0x0f] ?? 'unknown',
  };
}

/** Arm cores that run what was made for the earlier ones, in their order. */
const ARM = ['armv6m', 'armv7m', 'armv7em', 'armv7emsp', 'armv7emdp'];

/** Whether machine code for `made` runs on `board`: the same architecture, or an earlier one of the same Arm family. */
export function runsNative(made: string, board: string): boolean {
  if (made === board) return true;
  const [older, newer] = [ARM.indexOf(made), ARM.indexOf(board)];
  return older >= 0 && older < newer;
}
