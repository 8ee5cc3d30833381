import { describe, expect, it } from 'vitest';
import { chartSvg, heapSvg } from '../../../../src/core/notebook/svg';

/** Returns the relative luminance of `#rrggbb` as WCAG defines it. */
function brightness(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const c = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [brightness(a), brightness(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const lines = Array.from({ length: 8 }, (_, i) => ({
  name: `line ${i}`,
  points: [
    [0, i],
    [1, i + 1],
  ] as const,
}));
const chart = chartSvg(lines, 'Waves');

describe('a picture in a notebook or a page', () => {
  it('has lines that can be seen in light and dark themes', () => {
    const colours = [...chart.matchAll(/stroke="(#[0-9a-f]{6})"/g)].map(
      ([, colour = '']) => colour,
    );
    expect(new Set(colours).size).toBe(8);
    for (const colour of colours) {
      for (const ground of ['#ffffff', '#1f1f1f', '#000000']) {
        expect(contrast(colour, ground), `${colour} on ${ground}`).toBeGreaterThanOrEqual(3);
      }
    }
  });

  it("has text in the theme's colour, since no grey has 4.5:1 to both white and dark grey", () => {
    for (const svg of [chart, heapSvg([0, 0.5, 1], '12 kB free')]) {
      expect(svg).toMatch(/^<svg [^>]* color="var\(--vscode-foreground, #[0-9a-f]{6}\)">/);
      const fills = [...svg.matchAll(/<text [^>]*fill="([^"]*)"/g)].map(([, fill]) => fill);
      expect(new Set(fills)).toEqual(new Set(['currentColor']));
    }
  });
});
