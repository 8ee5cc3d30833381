// @ts-check
// Makes an animation (GIF) from pictures of a window.
import { writeFileSync } from 'node:fs';
import gifenc from 'gifenc';
import { PNG } from 'pngjs';

const { GIFEncoder, applyPalette, quantize } = gifenc;
/** Number of colours of each picture. It is small, because the GIF is downloaded with the README. */
const COLOURS = 128;

export class Animation {
  #gif = GIFEncoder();
  /** @type {Uint8Array | undefined} the pixels before, so that only what changed takes room */
  #last;

  /** Adds a picture (PNG). @param {Buffer} png @param {number} ms how long it stays */
  add(png, ms) {
    const { width, height, data } = PNG.sync.read(png);
    const pixels = Uint8Array.from(data);
    // One colour is reserved for pixels that have not changed.
    const palette = quantize(pixels, COLOURS - 1);
    const indexed = applyPalette(pixels, palette);
    const transparentIndex = palette.length;
    palette.push([0, 0, 0]);
    const last = this.#last;
    if (last) {
      for (let i = 0; i < indexed.length; i++) {
        const at = i * 4;
        const same = [0, 1, 2].every((c) => pixels[at + c] === last[at + c]);
        if (same) indexed[i] = transparentIndex;
      }
    }
    const change = last ? { transparent: true, transparentIndex, dispose: 1 } : { dispose: 1 };
    this.#gif.writeFrame(indexed, width, height, { palette, delay: ms, ...change });
    this.#last = pixels;
  }

  /** @param {string} file */
  write(file) {
    this.#gif.finish();
    writeFileSync(file, this.#gif.bytes());
  }
}
