import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FrameCipher } from '../../../../src/core/agent/frameCipher';

const KEY = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
const HEAD = Buffer.from('50219f03010203040000000500000000', 'hex');

/** The words of docs/protocol.md section 4, with single blocks of AES. */
function byTheDocument(key: Uint8Array, sender: string, frame: Buffer): Buffer {
  const both = createHmac('sha256', key).update(`enc ${sender}`).digest();
  const block = (k: Buffer, b: Buffer) =>
    createCipheriv('aes-128-ecb', k, null).setAutoPadding(false).update(b);
  const xor = (a: Buffer, b: Buffer) => Buffer.from(a.map((byte, i) => byte ^ (b[i] ?? 0)));
  const [c, v] = [both.subarray(0, 16), both.subarray(16)];
  const out = [frame.subarray(0, 16)];
  let before = block(v, frame.subarray(0, 16));
  for (let at = 16; at < frame.length; at += 16) {
    const piece = frame.subarray(at, at + 16);
    before = piece.length === 16 ? block(c, xor(piece, before)) : xor(piece, block(c, before));
    out.push(before);
  }
  return Buffer.concat(out);
}

describe('an encrypted frame', () => {
  it.each([0, 1, 15, 16, 17, 31, 32, 45, 1024, 2047])(
    'matches the document and keeps its length, with %i bytes of payload',
    (n) => {
      const frame = Buffer.concat([HEAD, randomBytes(n)]);
      for (const sender of ['h', 'b', 'g'] as const) {
        const cipher = new FrameCipher(KEY, sender);
        const sent = cipher.encrypt(frame);
        expect(sent).toEqual(byTheDocument(KEY, sender, frame));
        expect(sent.subarray(0, 16)).toEqual(HEAD);
        expect(cipher.decrypt(sent)).toEqual(frame.subarray(16));
      }
    },
  );

  // Made by board/agent/copy/crypt.py on MicroPython 1.25.
  it.each([
    [1, 'eb'],
    [15, 'eb840fb7cf4ced27de0e241ad8d858'],
    [16, 'f7a932cab3d22eb9ed899a79ec291a79'],
    [17, 'f7a932cab3d22eb9ed899a79ec291a790d'],
    [
      45,
      'f7a932cab3d22eb9ed899a79ec291a793d79e571aff4e3e2347fce7ccd8885911e85fec2ac6b48c06bb103c512',
    ],
  ])('is the one that a board makes of %i bytes', (n, hex) => {
    const frame = Buffer.concat([HEAD, Buffer.from(Array.from({ length: n }, (_, i) => i))]);
    expect(new FrameCipher(KEY, 'b').encrypt(frame).subarray(16).toString('hex')).toBe(hex);
  });

  it('differs for each counter and each sender', () => {
    const frame = Buffer.concat([HEAD, Buffer.alloc(64)]);
    const next = Buffer.from(frame);
    next.writeUInt32BE(6, 8);
    const texts = [frame, next].flatMap((f) =>
      (['h', 'b', 'g'] as const).map((s) => new FrameCipher(KEY, s).encrypt(f).subarray(16)),
    );
    expect(new Set(texts.map((t) => t.toString('hex'))).size).toBe(6);
    const blocks = texts.flatMap((t) => [0, 16, 32, 48].map((at) => t.subarray(at, at + 16)));
    expect(new Set(blocks.map((b) => b.toString('hex'))).size).toBe(24);
  });
});
