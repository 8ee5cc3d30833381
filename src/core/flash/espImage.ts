import { createHash } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import { text } from '../bytes';
import { FlashError } from './errors';
import { espChipNamed, espChipOfImage, type EspChip } from './espChips';

/** Firmware for an Espressif chip, parsed as far as flashing needs it. */
export interface EspFirmware {
  readonly kind: 'esp';
  readonly chip: EspChip;
  /** Offset in flash, in bytes. */
  readonly offset: number;
  readonly data: Uint8Array;
  /** Bytes of flash that it needs: for itself, and for the partitions in its table. */
  readonly flashNeeded: number;
  /** Silicon revisions that it supports: major times 100 plus minor. */
  readonly revisions: { readonly least: number; readonly most: number };
  /** The program's version, if it contains one: `v1.25.0`. */
  readonly version: string | undefined;
  /** `micropython`, if the program names its project. */
  readonly project: string | undefined;
}

// Layout: https://docs.espressif.com/projects/esptool/en/latest/esp32/advanced-topics/firmware-image-format.html
const MAGIC = 0xe9;
const HEADER = 8;
const EXTENDED_HEADER = 24;
const CHIP_ID_AT = 12;
const LEAST_REVISION_AT = 15;
const MOST_REVISION_AT = 17;
const HASH_AT = 23;
const MOST_SEGMENTS = 16;
const PROGRAM_AT = 0x10000; // of every partition table that MicroPython's builds use
const TABLE_AT = 0x8000;
const TABLE_ROWS = 95;
const TABLE_MAGIC = 0x50aa;
const DESCRIPTION_MAGIC = 0xabcd5432; // esp_app_desc_t, first in the program's first segment
const ANY_REVISION = 0xffff;

/**
 * Parses a `.bin` file. `offset`: where the user wants it, for files that are only a part of the
 * firmware.
 * @throws FlashError ('file') for everything that would not start
 */
export function parseEspFirmware(data: Uint8Array, offset?: number): EspFirmware {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const lead = imageStart(data);
  if (lead === undefined) throw notFirmware();
  const chip = chipOf(view, lead);
  checkImage(data, lead, chip);
  const isProgram = chip.imageId !== undefined && descriptionOf(data, lead) !== undefined;
  if (isProgram && offset === undefined) {
    throw new FlashError('file', l10n.t('This file is a program without a boot loader'), {
      hint: l10n.t(
        'It is for updates over the air (.app-bin). Choose the .bin file of the same board, which also contains the boot loader.',
      ),
    });
  }
  const at = offset ?? chip.bootOffset - lead;
  const table = chip.imageId === undefined ? undefined : tableEnd(view, at);
  if (offset === undefined && chip.imageId !== undefined && table === undefined) {
    throw new FlashError(
      'file',
      l10n.t('This file has no partition table, so it would not start'),
      {
        hint: l10n.t('Choose a complete firmware file, or give its offset with --offset.'),
      },
    );
  }
  const programAt = chip.imageId === undefined ? lead : PROGRAM_AT - at;
  if (offset === undefined && programAt > lead) checkImage(data, programAt, chip);
  const described = descriptionOf(data, isProgram ? lead : programAt);
  return {
    kind: 'esp',
    chip,
    offset: at,
    data,
    flashNeeded: Math.max(at + data.length, table ?? 0),
    revisions: revisionsOf(view, lead, chip),
    version: described?.version ?? versionIn(data),
    project: described?.project,
  };
}

/**
 * Returns where the first image begins: at once, or after the padding of a dump of the whole flash.
 */
function imageStart(data: Uint8Array): number | undefined {
  return [0, 0x1000, 0x2000].find(
    (at) => data[at] === MAGIC && data.subarray(0, at).every((byte) => byte === 0xff),
  );
}

function chipOf(view: DataView, at: number): EspChip {
  if (view.byteLength < at + EXTENDED_HEADER) throw notFirmware();
  // In images of the ESP8266, a segment follows here: its address is in the chip's RAM or flash.
  const first = view.getUint32(at + HEADER, true);
  const esp8266 = espChipNamed('esp8266');
  if (esp8266 && first >= 0x3ffe8000 && first < 0x40300000) return esp8266;
  const id = view.getUint16(at + CHIP_ID_AT, true);
  const chip = espChipOfImage(id);
  if (chip) return chip;
  throw new FlashError(
    'file',
    l10n.t('This firmware is for a chip with the number {0}, which is not supported', id),
    {
      hint: l10n.t("In the list of boards, its entry explains the maker's tool."),
    },
  );
}

/** Checks segments, checksum and hash like the chip at each start. */
function checkImage(data: Uint8Array, start: number, chip: EspChip): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const count = data[start + 1] ?? 0;
  const isOld = chip.imageId === undefined;
  if (data[start] !== MAGIC || count === 0 || count > MOST_SEGMENTS) throw damaged();
  let at = start + (isOld ? HEADER : EXTENDED_HEADER);
  let checksum = 0xef;
  for (let i = 0; i < count; i++) {
    if (at + 8 > data.length) throw damaged();
    const end = at + 8 + view.getUint32(at + 4, true);
    if (end > data.length) throw damaged();
    for (let j = at + 8; j < end; j++) checksum ^= data[j] ?? 0;
    at = end;
  }
  const end = start + (Math.floor((at - start) / 16) + 1) * 16;
  if (data[end - 1] !== checksum) throw damaged();
  if (isOld || data[start + HASH_AT] !== 1) return;
  const digest = createHash('sha256').update(data.subarray(start, end)).digest();
  if (!digest.equals(data.subarray(end, end + digest.length))) throw damaged();
}

function revisionsOf(view: DataView, at: number, chip: EspChip): EspFirmware['revisions'] {
  if (chip.imageId === undefined) return { least: 0, most: ANY_REVISION };
  const most = view.getUint16(at + MOST_REVISION_AT, true);
  // Older build tools left these bytes zero.
  return {
    least: view.getUint16(at + LEAST_REVISION_AT, true),
    most: most === 0 ? ANY_REVISION : most,
  };
}

/** Returns the end of the last partition in bytes; undefined without a partition table. */
function tableEnd(view: DataView, offset: number): number | undefined {
  const start = TABLE_AT - offset;
  if (start < 0 || start + 32 > view.byteLength) return undefined;
  let end: number | undefined;
  for (let row = 0; row < TABLE_ROWS && start + (row + 1) * 32 <= view.byteLength; row++) {
    const at = start + row * 32;
    if (view.getUint16(at, true) !== TABLE_MAGIC) break;
    end = Math.max(end ?? 0, view.getUint32(at + 4, true) + view.getUint32(at + 8, true));
  }
  return end;
}

/** Reads version and project of the program whose image begins there. */
function descriptionOf(
  data: Uint8Array,
  start: number,
): { version: string; project: string } | undefined {
  const at = start + EXTENDED_HEADER + 8;
  if (start < 0 || at + 256 > data.length) return undefined;
  const view = new DataView(data.buffer, data.byteOffset + at, 256);
  if (view.getUint32(0, true) !== DESCRIPTION_MAGIC) return undefined;
  const field = (from: number, size: number) =>
    text(data.subarray(at + from, at + from + size))
      .replace(/\0.*$/s, '')
      .replace(/[^\x20-\x7e]/g, '');
  return { version: field(16, 32), project: field(48, 32) };
}

/**
 * Returns the version of MicroPython in firmware, from the banner that every build contains:
 * `MicroPython v1.25.0 on 2025-04-15`.
 */
export function versionIn(data: Uint8Array): string | undefined {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const at = bytes.indexOf('MicroPython v');
  if (at < 0) return undefined;
  return /^MicroPython (v\d+\.\d+[\w.-]*)/.exec(bytes.toString('latin1', at, at + 60))?.[1];
}

function notFirmware(): FlashError {
  return new FlashError('file', l10n.t('This file is not firmware'), {
    hint: l10n.t(
      'Choose the .bin, .uf2, .hex or .dfu file for your board from micropython.org/download.',
    ),
  });
}

function damaged(): FlashError {
  return new FlashError('file', l10n.t('This firmware file is damaged or incomplete'), {
    hint: l10n.t('Download it again.'),
  });
}
