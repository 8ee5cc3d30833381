import * as l10n from '@vscode/l10n';
import { gunzipSync } from 'node:zlib';
import { FlashError } from './errors';
import { parseEspFirmware, type EspFirmware } from './espImage';
import { isHex, parseHex, type HexFirmware } from './hexFile';
import { compareReleases } from './release';
import { isUf2, parseUf2, type Uf2Firmware } from './uf2';

/** A DfuSe file of an STM32 board, which dfu-util writes. */
export interface DfuFirmware {
  readonly kind: 'dfu';
  readonly data: Uint8Array;
}

/** Every kind of firmware file that can be written. */
export type Firmware = EspFirmware | Uf2Firmware | HexFirmware | DfuFirmware;

/** Maximum size of firmware in bytes, larger than the flash of any board with MicroPython. */
export const MOST_FIRMWARE_BYTES = 64 * 1024 * 1024;

/**
 * Recognises firmware by its content and checks it; its name is ignored.
 * @param offset where an ESP image goes, if the user has named the place
 * @throws FlashError ('file')
 */
export function parseFirmware(data: Uint8Array, offset?: number): Firmware {
  if (data.length > MOST_FIRMWARE_BYTES) {
    throw new FlashError('file', l10n.t('This file is too big to be firmware'));
  }
  if (data[0] === 0x1f && data[1] === 0x8b) return parseFirmware(unzipped(data), offset);
  if (isUf2(data)) return parseUf2(data);
  if (isHex(data)) return parseHex(data);
  if (startsWith(data, 'DfuSe')) return { kind: 'dfu', data };
  if (startsWith(data, '\x7fELF')) {
    throw new FlashError('file', l10n.t('This is an .elf file, which is for debuggers'), {
      hint: l10n.t('Choose the .bin, .uf2, .hex or .dfu file of the same build.'),
    });
  }
  if (/^\s*(<!doctype|<html)/i.test(Buffer.from(data.subarray(0, 64)).toString('latin1'))) {
    throw new FlashError('file', l10n.t('This is a web page, not firmware'), {
      hint: l10n.t('Copy the address of the file itself, or download the file and choose it.'),
    });
  }
  return parseEspFirmware(data, offset);
}

/**
 * Compares the version that a board reports with that of the file. Suffixes of previews and builds do not count.
 * @returns the file's version if the board runs another one
 */
export function otherVersion(firmware: Firmware, runs: string | undefined): string | undefined {
  const wanted = 'version' in firmware ? firmware.version : undefined;
  if (wanted === undefined || runs === undefined) return undefined;
  return (compareReleases(wanted, runs) ?? 0) === 0 ? undefined : wanted;
}

function unzipped(data: Uint8Array): Uint8Array {
  try {
    return gunzipSync(data, { maxOutputLength: MOST_FIRMWARE_BYTES });
  } catch (cause) {
    throw new FlashError('file', l10n.t('This firmware file is damaged or incomplete'), {
      hint: l10n.t('Download it again.'),
      cause,
    });
  }
}

function startsWith(data: Uint8Array, text: string): boolean {
  return Buffer.from(data.subarray(0, text.length)).toString('latin1') === text;
}
