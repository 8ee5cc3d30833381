import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { createInflate, deflate } from 'node:zlib';
import { COMMAND, words, type EspSession } from './espLoader';

const compress = promisify(deflate);

/** Smallest part of the flash that can be erased, in bytes. */
export const SECTOR = 4096;
const COMMAND_MS = 3000;
// Milliseconds per megabyte that a slow flash needs. esptool allows the same.
const ERASE_MS_PER_MB = 30_000;
const WRITE_MS_PER_MB = 40_000;
const MD5_MS_PER_MB = 8000;
const CHIP_ERASE_MS = 120_000;
const MB = 1_000_000;

/** Part of the firmware and its place in the flash. */
export interface Segment {
  readonly offset: number;
  readonly data: Uint8Array;
}

const perMb = (ms: number, bytes: number) => Math.max(COMMAND_MS, (ms * bytes) / MB);

/** Returns the MD5 of flash in hex, as the chip computes it. */
export async function flashMd5(session: EspSession, offset: number, size: number): Promise<string> {
  const answer = await session.command(COMMAND.md5, words(offset, size, 0, 0), {
    answerBytes: session.isStub ? 16 : 32,
    timeoutMs: perMb(MD5_MS_PER_MB, size),
  });
  // The stub returns the bytes, the ROM their hexadecimal digits.
  return Buffer.from(answer).toString(session.isStub ? 'hex' : 'latin1');
}

/** Returns whether the flash already holds this segment. The chip computes the MD5. */
export async function isInFlash(session: EspSession, { offset, data }: Segment): Promise<boolean> {
  const wanted = createHash('md5').update(data).digest('hex');
  return (await flashMd5(session, offset, data.length)) === wanted;
}

/** Erases all of the chip: firmware, settings and files. Only the stub can. */
export async function eraseChip(session: EspSession): Promise<void> {
  await session.command(COMMAND.eraseChip, new Uint8Array(0), { timeoutMs: CHIP_ERASE_MS });
}

/** Erases one sector. */
export async function eraseSector(session: EspSession, offset: number): Promise<void> {
  if (session.isStub) {
    await session.command(COMMAND.eraseRegion, words(offset, SECTOR));
    return;
  }
  const begin = words(SECTOR, Math.ceil(SECTOR / session.blockSize), session.blockSize, offset, 0);
  await session.command(COMMAND.flashBegin, begin);
}

/**
 * Erases and writes one segment, compressed, without verifying it.
 * @param onSent receives the number of bytes sent, before compression
 */
export async function writeSegment(
  session: EspSession,
  { offset, data }: Segment,
  onSent: (bytes: number) => void,
): Promise<void> {
  const packed = await compress(data, { level: 9 });
  const size = session.blockSize;
  const blocks = Math.ceil(packed.length / size);
  // The ROM erases everything at the beginning, in whole blocks; the stub erases as it writes.
  const length = session.isStub ? data.length : Math.ceil(data.length / size) * size;
  const begin = [length, blocks, size, offset, ...(session.isStub ? [] : [0])];
  await session.command(COMMAND.deflateBegin, words(...begin), {
    timeoutMs: session.isStub ? COMMAND_MS : perMb(ERASE_MS_PER_MB, length),
  });
  const unpacked = new UnpackedSize();
  let sent = 0;
  for (let block = 0, before = 0; block < blocks; block++) {
    const part = packed.subarray(block * size, (block + 1) * size);
    const now = await unpacked.after(part);
    await session.command(
      COMMAND.deflateData,
      Buffer.concat([words(part.length, block, 0, 0), part]),
      {
        checksum: part.reduce((state, byte) => state ^ byte, 0xef),
        // The stub answers when it has received this block, after writing the previous one; the ROM
        // answers after writing this one.
        timeoutMs: perMb(WRITE_MS_PER_MB, now - before),
      },
    );
    before = sent;
    sent = now;
    onSent(sent);
  }
  if (session.isStub) await session.command(COMMAND.deflateEnd, words(1));
}

/** Counts the uncompressed bytes of a compressed stream, part by part. */
export class UnpackedSize {
  readonly #inflate = createInflate();
  #bytes = 0;

  constructor() {
    this.#inflate.on('data', (data: Buffer) => (this.#bytes += data.length));
  }

  /** Adds a part and returns the total size of all parts up to this one. */
  async after(part: Uint8Array): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#inflate.write(part, (error) => (error ? reject(error) : resolve()));
    });
    return this.#bytes;
  }
}
