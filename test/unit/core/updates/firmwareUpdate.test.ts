import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/core/bytes';
import { checkSigned, loadFirmwareUpdate } from '../../../../src/core/updates';
import { key, loadFrom, sha256, signed } from './signing';

const AT = 'file:///home/ann/lab%20s3.json';
const IMAGE_AT = 'file:///home/ann/lab-1.26.0.app-bin';
const image = Buffer.concat([Buffer.from([0xe9]), utf8('…MicroPython v1.26.0 on 2025-08-09;…')]);
const whole = {
  ...{ kind: 'mpyfleet-firmware', board: 'Generic ESP32S3 module', version: '1.26.0' },
  ...{ file: 'lab-1.26.0.app-bin', sha256: sha256(image) },
};
const at = (manifest: Uint8Array, data: Uint8Array = image) =>
  loadFrom({ [AT]: manifest, [IMAGE_AT]: data }).load;

describe('firmware for updates over the air', () => {
  it('is an image, or a signed manifest that names one', async () => {
    const bare = await loadFirmwareUpdate(IMAGE_AT, at(signed(whole)), []);
    expect(bare).toEqual({
      ...{ image, label: 'lab-1.26.0.app-bin', file: IMAGE_AT, sha256: sha256(image) },
    });
    const manifest = signed(whole);
    const released = await loadFirmwareUpdate(AT, at(manifest), [key]);
    expect(released).toEqual({
      ...{ image, file: AT, sha256: sha256(manifest), label: 'Generic ESP32S3 module 1.26.0' },
      signed: { board: 'Generic ESP32S3 module', version: '1.26.0' },
    });
  });

  it('must be signed where public keys are trusted', async () => {
    const bare = await loadFirmwareUpdate(IMAGE_AT, at(signed(whole)), [key]);
    expect(() => checkSigned(bare, [key])).toThrow('lab-1.26.0.app-bin is not signed');
    checkSigned(bare, []);
    checkSigned(await loadFirmwareUpdate(AT, at(signed(whole)), [key]), [key]);
  });

  it('is rejected if its manifest is not signed by a trusted key, or names another image', async () => {
    const load = at(signed(whole));
    await expect(loadFirmwareUpdate(AT, load, [])).rejects.toThrow('No public key is trusted');
    await expect(loadFirmwareUpdate(AT, load, ['1'.repeat(64)])).rejects.toThrow('No trusted key');
    await expect(loadFirmwareUpdate(AT, at(signed(whole), utf8('other')), [key])).rejects.toThrow(
      'lab-1.26.0.app-bin is not the file that was signed',
    );
  });

  it('is rejected if the image says another version than the manifest', async () => {
    const older = signed({ ...whole, version: '1.25.0' });
    await expect(loadFirmwareUpdate(AT, at(older), [key])).rejects.toThrow(
      'The image is MicroPython v1.26.0, but its manifest says 1.25.0',
    );
  });

  it('is the file that a waiting job was made for, or rejected', async () => {
    await loadFirmwareUpdate(IMAGE_AT, at(signed(whole)), [], sha256(image));
    await expect(
      loadFirmwareUpdate(IMAGE_AT, at(signed(whole)), [], sha256(utf8('before'))),
    ).rejects.toThrow('lab-1.26.0.app-bin has changed since it was chosen');
  });

  it.each([
    [{ ...whole, kind: 'mpyfleet-agent' }],
    [{ ...whole, board: ' ' }],
    [{ ...whole, board: 'x'.repeat(65) }],
    [{ ...whole, version: 'newest' }],
    [{ ...whole, file: '../lab.bin' }],
    [{ ...whole, file: 'https://example.com/lab.bin' }],
    [{ ...whole, sha256: 'ab' }],
  ])('is rejected if its manifest is none: %j', async (content) => {
    await expect(loadFirmwareUpdate(AT, at(signed(content)), [key])).rejects.toThrow(
      'not a release of firmware',
    );
  });
});
