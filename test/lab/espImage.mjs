// @ts-check
// Firmware images for the stand-ins for ESP boards: the layout of real ones, with content that no chip would run.
// https://docs.espressif.com/projects/esptool/en/latest/esp32/advanced-topics/firmware-image-format.html
import { createHash } from 'node:crypto';

/** The chips of `startEsp`, with their id in the header of images, and the address at which the ROM expects the first image. */
export const espChips = {
  esp32: { imageId: 0, bootOffset: 0x1000 },
  esp32s3: { imageId: 9, bootOffset: 0 },
  esp32c3: { imageId: 5, bootOffset: 0 },
  esp32c6: { imageId: 13, bootOffset: 0 },
  esp8266: { imageId: undefined, bootOffset: 0 },
};
/** @typedef {keyof typeof espChips} EspChip */

/**
 * Returns one image: header, one segment, checksum and, except for the ESP8266, the hash.
 * @param {{ chip: EspChip, size?: number, version?: string, minRevision?: number, imageId?: number, seed?: number }} options
 *   `size` of the segment in bytes, a multiple of 4; `version`: as in a description of MicroPython's program;
 *   `minRevision`: lowest silicon revision on which the image runs, times 100
 * @returns {Buffer}
 */
export function espImage({ chip, size = 4096, version, minRevision = 0, imageId, seed = 1 }) {
  const id = imageId ?? espChips[chip].imageId;
  const header = Buffer.from([0xe9, 1, 2, 0x20, 0, 0, 0x08, 0x40]);
  const more = Buffer.alloc(id === undefined ? 0 : 16);
  if (id !== undefined) {
    more[0] = 0xee; // no pin guards the flash's write protection
    more.writeUInt16LE(id, 4);
    more.writeUInt16LE(minRevision, 7);
    more.writeUInt16LE(0xffff, 9);
    more[15] = 1; // a hash follows
  }
  const body = contentOf(size, seed);
  if (version !== undefined) describe(body, version);
  const segment = Buffer.alloc(8);
  segment.writeUInt32LE(chip === 'esp8266' ? 0x40100000 : 0x40080000, 0);
  segment.writeUInt32LE(body.length, 4);
  const parts = Buffer.concat([header, more, segment, body]);
  const padded = Buffer.alloc((Math.floor(parts.length / 16) + 1) * 16);
  parts.copy(padded);
  padded[padded.length - 1] = body.reduce((state, byte) => state ^ byte, 0xef);
  if (id === undefined) return padded;
  return Buffer.concat([padded, createHash('sha256').update(padded).digest()]);
}

/**
 * Returns a firmware file like those of micropython.org: second-stage loader, partition table and program in one, from the address
 * at which the ROM expects it; for the ESP8266, one image.
 * @param {{ chip: EspChip, size?: number, version?: string, minRevision?: number, seed?: number }} options `size` of the program
 * @returns {Buffer}
 */
export function espFirmware({ chip, size = 400_000, version = 'v1.25.0', minRevision, seed }) {
  if (chip === 'esp8266') return espImage({ chip, size, version, seed });
  const { bootOffset } = espChips[chip];
  const app = espImage({ chip, size, version, minRevision, seed });
  const firmware = Buffer.alloc(0x10000 - bootOffset + app.length, 0xff);
  espImage({ chip, size: 16_384, minRevision, seed }).copy(firmware, 0);
  partitions().copy(firmware, 0x8000 - bootOffset);
  app.copy(firmware, 0x10000 - bootOffset);
  return firmware;
}

/** Returns content that is about as compressible as real programs. @param {number} size @param {number} seed */
function contentOf(size, seed) {
  const content = Buffer.alloc(size);
  let state = seed;
  for (let i = 0; i < size; i++) {
    // xorshift: the same bytes for the same seed on every machine
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    content[i] = i % 96 < 40 ? i % 7 : state & 0xff;
  }
  return content;
}

/** Writes a program description (esp_app_desc_t) at the start of the first segment. @param {Buffer} body @param {string} version */
function describe(body, version) {
  body.fill(0, 0, 256);
  body.writeUInt32LE(0xabcd5432, 0);
  body.write(version, 16, 'latin1');
  body.write('micropython', 48, 'latin1');
}

/** Returns a partition table with the fields that the product reads: name, type and place. */
function partitions() {
  const table = Buffer.alloc(0xc00, 0xff);
  /** @type {[string, number, number, number, number][]} */
  const rows = [
    ['nvs', 1, 2, 0x9000, 0x6000],
    ['phy_init', 1, 1, 0xf000, 0x1000],
    ['factory', 0, 0, 0x10000, 0x1f0000],
    ['vfs', 1, 0x81, 0x200000, 0x200000],
  ];
  rows.forEach(([name, type, subtype, offset, size], index) => {
    const at = index * 32;
    table.fill(0, at, at + 32);
    table.writeUInt16LE(0x50aa, at);
    table[at + 2] = type;
    table[at + 3] = subtype;
    table.writeUInt32LE(offset, at + 4);
    table.writeUInt32LE(size, at + 8);
    table.write(name, at + 12, 'latin1');
  });
  return table;
}
