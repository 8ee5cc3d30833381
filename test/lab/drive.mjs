// @ts-check
// A folder that behaves like the drive of a UF2 loader or a debug probe: it disappears when the last block has arrived.
import { existsSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeTempDir, tempDir } from './paths.mjs';

/**
 * Creates the drive.
 * @param {{ info?: string, kind?: 'uf2' | 'dapLink', fails?: string, refuses?: boolean }} [options]
 *   `info`: content of INFO_UF2.TXT; `fails`: content of FAIL.TXT afterwards; `refuses`: the drive does not disappear
 */
export function startDrive({ info, kind = 'uf2', fails, refuses = false } = {}) {
  const dir = tempDir('drive');
  const path = join(dir, 'DRIVE');
  const away = join(dir, 'away');
  const [file, said] =
    kind === 'uf2'
      ? [
          'INFO_UF2.TXT',
          info ?? 'UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n',
        ]
      : [
          'DETAILS.TXT',
          info ?? '# DAPLink Firmware\r\nUnique ID: 9904\r\nInterface Version: 0257\r\n',
        ];
  /** @type {Buffer | undefined} */
  let taken;
  /** @type {import('node:fs').FSWatcher | undefined} */
  let watcher;
  const appear = () => {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, file), said);
    watcher = watch(path, look);
  };
  const look = () => {
    const name = join(path, kind === 'uf2' ? 'firmware.uf2' : 'firmware.hex');
    if (taken || refuses || !existsSync(name)) return;
    const content = readFileSync(name);
    if (!(kind === 'uf2' ? isWhole(content) : /:00000001FF\s*$/.test(content.toString()))) return;
    taken = content;
    watcher?.close();
    renameSync(path, away);
    rmSync(away, { recursive: true });
    if (kind === 'uf2') return;
    setTimeout(() => {
      appear();
      if (fails !== undefined) writeFileSync(join(path, 'FAIL.TXT'), fails);
    }, 600);
  };
  return {
    path,
    appear,
    /** Returns the file that was written to the drive, once it is complete. */
    taken: () => taken,
    stop: () => {
      watcher?.close();
      removeTempDir(dir);
    },
  };
}

/** Returns whether all blocks that the first one announces have arrived. @param {Buffer} content */
function isWhole(content) {
  return content.length >= 512 && content.length === 512 * content.readUInt32LE(24);
}

/** Returns the content as UF2 blocks of one family. @param {number} family @param {Buffer} content */
export function uf2File(family, content) {
  const count = Math.ceil(content.length / 256);
  return Buffer.concat(
    Array.from({ length: count }, (_, index) => {
      const block = Buffer.alloc(512);
      const words = [
        0x0a324655,
        0x9e5d5157,
        0x2000,
        0x10000000 + index * 256,
        256,
        index,
        count,
        family,
      ];
      words.forEach((word, at) => block.writeUInt32LE(word, at * 4));
      content.copy(block, 32, index * 256, (index + 1) * 256);
      block.writeUInt32LE(0x0ab16f30, 508);
      return block;
    }),
  );
}
