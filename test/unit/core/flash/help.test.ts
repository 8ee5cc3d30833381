import { describe, expect, it } from 'vitest';
import type { FlashError } from '../../../../src/core/flash';
import { espChipNamed } from '../../../../src/core/flash/espChips';
import { whyItFell, whyNoLoader } from '../../../../src/core/flash/espErrors';
import { refuseWrong } from '../../../../src/core/flash/espFit';
import type { EspFirmware } from '../../../../src/core/flash/espImage';
import type { EspIdentity } from '../../../../src/core/flash/espLoader';

// Ports that are taken, may not be opened or do not appear: test/unit/transports/serial/{ports,portHints}.test.ts.

const TIMEOUT = new Error('Timeout');
const MIB = 1024 * 1024;

/** What a chip prints when it starts, by the ROM that prints it. */
const HEARD = {
  program: 'rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n',
  prompt: 'MicroPython v1.25.0 on 2025-04-15; Generic ESP32 module\r\n>>> ',
  waiting: 'rst:0x1 (POWERON),boot:0x23 (DOWNLOAD(USB/UART0))\r\nwaiting for download\r\n',
  brownout: 'Brownout detector was triggered\r\n\r\nets Jul 29 2019 12:21:46\r\n',
  brownoutS3: 'rst:0xf (RTCWDT_BROWN_OUT_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\n',
};

function refusal(chip: string, flashSize: number): FlashError {
  const found = espChipNamed(chip);
  if (!found) throw new Error(chip);
  const firmware = {
    chip: found,
    flashNeeded: 4 * MIB,
    revisions: { least: 0, most: 999 },
  } as EspFirmware;
  try {
    refuseWrong(firmware, { chip: found, flashSize } as EspIdentity);
  } catch (error) {
    return error as FlashError;
  }
  throw new Error('accepted');
}

describe('a chip that does not answer', () => {
  it.each([
    ['a BOOT pin that was not held', HEARD.program, true, 'notInLoader', /Hold the BOOT button/],
    ['a program instead of the loader', HEARD.prompt, true, 'notInLoader', /Hold the BOOT button/],
    ['a port without DTR and RTS', HEARD.prompt, false, 'notInLoader', /Hold the BOOT button/],
    ['wires on its RX and TX pins', HEARD.waiting, true, 'noAnswer', /TX and RX pins/],
    ['silence, as of a cable without data', '', true, 'noAnswer', /does the cable carry data/],
    ['a weak supply', HEARD.brownout, true, 'brownout', /short, thick USB cable/],
    ['a weak supply of a newer chip', HEARD.brownoutS3, true, 'brownout', /powered hub/],
  ] as const)('is explained by %s', (_, heard, hasLines, reason, hint) => {
    const error = whyNoLoader(TIMEOUT, heard, '/dev/x', hasLines);
    expect(error).toMatchObject({ reason, hint: expect.stringMatching(hint) as string });
  });
});

it('says that the supply collapsed while it was erased, and that the chip must be flashed again', () => {
  expect(whyItFell(HEARD.brownoutS3, 'unbootable', TIMEOUT)).toMatchObject({
    reason: 'brownout',
    state: 'unbootable',
  });
  expect(whyItFell(HEARD.program, 'unbootable', TIMEOUT)).toBeUndefined();
});

it.each([
  ['ESP8266', MIB / 2, /has 512 KiB/, /Choose ESP8266_GENERIC-FLASH_512K\./],
  ['ESP8266', MIB, /has 1\.0 MiB/, /Choose ESP8266_GENERIC-FLASH_1M\./],
  ['ESP32', 2 * MIB, /has 2\.0 MiB/, /Choose a build for 2\.0 MiB of flash\./],
] as const)('names the build for an %s with %i bytes of flash', (chip, size, message, hint) => {
  const error = refusal(chip, size);
  expect(error.reason).toBe('tooBig');
  expect(error.message).toMatch(message);
  expect(error.hint).toMatch(hint);
});
