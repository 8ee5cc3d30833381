import * as l10n from '@vscode/l10n';
import { FlashError } from './errors';
import { versionIn } from './espImage';

/** Firmware in UF2 blocks, for a loader that shows itself as a drive. */
export interface Uf2Firmware {
  readonly kind: 'uf2';
  readonly data: Uint8Array;
  readonly families: readonly number[];
  readonly blocks: number;
  readonly version: string | undefined;
}

// https://github.com/microsoft/uf2
const BLOCK = 512;
const MAGIC_START0 = 0x0a324655;
const MAGIC_START1 = 0x9e5d5157;
const MAGIC_END = 0x0ab16f30;
const NOT_MAIN_FLASH = 0x1;
const HAS_FAMILY = 0x2000;
const MOST_PAYLOAD = 476;
/** Blocks that only work around a bug of the RP2350's silicon and contain no firmware. */
const ABSOLUTE_FAMILY = 0xe48bff57;

/** Families in MicroPython's UF2 files. Source: utils/uf2families.json of the format's repository. */
const FAMILIES: Readonly<Record<number, string>> = {
  0xe48bff56: 'RP2040',
  0xe48bff57: 'RP2350',
  0xe48bff59: 'RP2350',
  0xe48bff5a: 'RP2350',
  0xe48bff5b: 'RP2350',
  0x68ed2b88: 'SAMD21',
  0x55114460: 'SAMD51',
  0xada52840: 'nRF52840',
  0x621e937a: 'nRF52833',
  0x72721d4e: 'nRF52832',
  0x1b57745f: 'nRF52',
  0xbfdd4eee: 'ESP32-S2',
  0xc47e5767: 'ESP32-S3',
  0x4fb2d5bd: 'i.MX RT10xx',
  0x57755a57: 'STM32F4',
  0x53b80f00: 'STM32F7',
  0x6db66082: 'STM32H7',
  0x31d228c6: 'GD32F350',
};

/** Returns the chip of a family id, else the id itself. */
export function familyName(family: number): string {
  return FAMILIES[family] ?? `0x${family.toString(16).padStart(8, '0')}`;
}

/** Returns whether the data begins with a UF2 block. */
export function isUf2(data: Uint8Array): boolean {
  if (data.length < BLOCK) return false;
  const view = new DataView(data.buffer, data.byteOffset, BLOCK);
  return view.getUint32(0, true) === MAGIC_START0 && view.getUint32(4, true) === MAGIC_START1;
}

/**
 * Checks every block: magic numbers, payload, numbering.
 * @throws FlashError ('file')
 */
export function parseUf2(data: Uint8Array): Uf2Firmware {
  if (!isUf2(data)) {
    throw new FlashError('file', l10n.t('This file is not UF2 firmware'), {
      hint: l10n.t('Choose the .uf2 file for your board.'),
    });
  }
  if (data.length % BLOCK !== 0) throw damaged();
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const families = new Set<number>();
  const parts: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += BLOCK) {
    const word = (index: number) => view.getUint32(at + 4 * index, true);
    const size = word(4);
    const right =
      word(0) === MAGIC_START0 &&
      word(1) === MAGIC_START1 &&
      view.getUint32(at + BLOCK - 4, true) === MAGIC_END &&
      size > 0 &&
      size <= MOST_PAYLOAD &&
      word(5) < word(6);
    if (!right) throw damaged();
    if ((word(2) & NOT_MAIN_FLASH) !== 0) continue;
    if ((word(2) & HAS_FAMILY) !== 0) families.add(word(7));
    parts.push(data.subarray(at + 32, at + 32 + size));
  }
  if (parts.length === 0) throw damaged();
  if (families.size > 1) families.delete(ABSOLUTE_FAMILY);
  return {
    kind: 'uf2',
    data,
    families: [...families],
    blocks: data.length / BLOCK,
    version: versionIn(Buffer.concat(parts)),
  };
}

function damaged(): FlashError {
  return new FlashError('file', l10n.t('This UF2 file is damaged or incomplete'), {
    hint: l10n.t('Download it again.'),
  });
}
