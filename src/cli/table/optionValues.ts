import { UsageError } from '../../core/errors';

/** Reads a folder of the board. Undefined: the option was not given. @throws UsageError */
export function boardFolder(text: string | undefined): string | undefined {
  const folder = text?.replace(/^:/, '');
  if (folder === undefined || /^\/[^\0]*$/.test(folder)) return folder;
  throw new UsageError(`--target needs a folder of the board such as /lib, not "${folder}"`, {
    hint: 'In Git Bash write it as :/lib, or set MSYS_NO_PATHCONV=1.',
  });
}

/** Reads seconds, as milliseconds. Undefined: the option was not given. @throws UsageError */
export function seconds(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0) || value > 1e6) throw new UsageError(`${option} needs seconds, not "${text}"`);
  return value * 1000;
}

/** Reads a percentage, as a fraction. Undefined: the option was not given. @throws UsageError */
export function percent(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text.replace(/%$/, ''));
  if (value >= 0 && value <= 100 && /^[\d.]+%?$/.test(text)) return value / 100;
  throw new UsageError(`--stop-at needs a percentage such as 5%, not "${text}"`);
}

/** Reads the number of a network port. Undefined: the option was not given. @throws UsageError */
export function portNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65535) {
    throw new UsageError(`--port needs a number up to 65535, not "${text}"`);
  }
  return value;
}

/** Reads an offset into the flash, in bytes. Undefined: the option was not given. @throws UsageError */
export function flashOffset(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^(0x[0-9a-f]{1,8}|\d{1,9})$/i.test(text) && Number(text) % 4096 === 0) return Number(text);
  throw new UsageError(`--offset needs a multiple of 4096 such as 0x10000, not "${text}"`);
}

/** Reads a positive whole number. Undefined: the option was not given. @throws UsageError */
export function count(text: string | undefined, wanted: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new UsageError(`${wanted}, not "${text}"`);
  return value;
}
