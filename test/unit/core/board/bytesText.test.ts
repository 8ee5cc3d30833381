import { expect, it } from 'vitest';
import { bytesText } from '../../../../src/core/board';

it.each([
  [0, '0 bytes'],
  [512, '512 bytes'],
  [2048, '2.0 KiB'],
  [300_000, '293 KiB'],
  [4 * 1024 * 1024, '4.0 MiB'],
])('writes %i bytes with a unit that is a power of 1024', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});
