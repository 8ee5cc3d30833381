import { randomBytes } from 'node:crypto';
import { constants, deflateSync, inflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { UnpackedSize } from '../../../../src/core/flash/espWrite';

it('computes the share of the firmware that the chip has after each block', async () => {
  const firmware = Buffer.concat([
    ...Array.from({ length: 40 }, (_, i) =>
      Buffer.concat([randomBytes(3000), Buffer.alloc(i * 900)]),
    ),
    Buffer.from('the end'),
  ]);
  const packed = deflateSync(firmware, { level: 9 });
  const size = 0x4000;
  const unpacked = new UnpackedSize();
  for (let end = size; end < packed.length + size; end += size) {
    const begin = packed.subarray(0, end);
    const now = await unpacked.after(packed.subarray(end - size, end));
    expect(now).toBe(inflateSync(begin, { finishFlush: constants.Z_SYNC_FLUSH }).length);
  }
  expect(await unpacked.after(new Uint8Array())).toBe(firmware.length);
});
