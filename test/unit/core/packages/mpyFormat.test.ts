import { describe, expect, it } from 'vitest';
import { mpyFromFile, mpyFromNumber } from '../../../../src/core/board/mpyFormat';
import { adaptPackages, type FetchedPackage } from '../../../../src/core/packages/fetchPackages';

// Numbers as docs.micropython.org, "MicroPython .mpy files", composes them.
const RV32 = 11;
const header = (arch: number, ...more: number[]) =>
  Uint8Array.of(0x4d, 6, (arch << 2) | 3 | (more.length > 0 ? 0x40 : 0), 31, ...more);
const number = (arch: number, flags = 0) => flags * 65_536 + (arch << 10) + (3 << 8) + 6;

describe('a .mpy file and its board', () => {
  it('names its processor and extensions', () => {
    expect(mpyFromFile(header(0))).toEqual({ version: 6, subVersion: 3, arch: '' });
    expect(mpyFromFile(header(RV32))).toEqual({ version: 6, subVersion: 3, arch: 'rv32imc' });
    expect(mpyFromFile(header(RV32, 1))).toMatchObject({ arch: 'rv32imc', flags: 1 });
    expect(mpyFromFile(header(RV32, 0x81, 0x02))).toMatchObject({ flags: 130 });
    expect(mpyFromNumber(number(RV32, 3))).toMatchObject({ arch: 'rv32imc', flags: 3 });
    expect(mpyFromNumber(number(RV32))).not.toHaveProperty('flags');
  });

  it.each([
    ['another file', Uint8Array.of(0x50, 6, 3, 31)],
    ['a header that is cut off in its flags', header(RV32, 0x81)],
    ['flags without an end', header(RV32, 0x81, 0x81, 0x81, 0x81, 0x81)],
    ['nothing', new Uint8Array()],
  ])('is none: %s', (_, content) => expect(mpyFromFile(content)).toBeUndefined());

  it.each([
    [[], 0, true],
    [[1], 0, false],
    [[1], 1, true],
    [[1], 3, true],
    [[3], 1, false],
    [[2], 1, false],
  ])('fits where the board has what it uses: %j on %i', async (flags, has, fits) => {
    const content = header(RV32, ...flags);
    const one = { files: [{ path: 'a.mpy', content }] } as unknown as FetchedPackage;
    const mpy = mpyFromNumber(number(RV32, has));
    const done = adaptPackages([one], mpy ? { mpy } : {}, undefined);
    if (fits) expect((await done)[0]?.files).toHaveLength(1);
    else await expect(done).rejects.toThrow(/uses extensions of rv32imc processors/);
  });
});
