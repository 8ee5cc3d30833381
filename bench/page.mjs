// @ts-check
// Writes the output of a bench into docs/performance.md, between marks of its own, so that no figure there is typed by hand.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../test/lab/index.mjs';

/** Puts `text` between `<!-- MARK -->` and `<!-- /MARK -->`. @param {string} mark @param {string} text */
export function keep(mark, text) {
  const page = join(root, 'docs', 'performance.md');
  const marks = new RegExp(`(<!-- ${mark} -->\\n)[^]*?(<!-- /${mark} -->)`);
  const before = readFileSync(page, 'utf8');
  if (!marks.test(before))
    throw new Error(`docs/performance.md has no <!-- ${mark} --> … <!-- /${mark} -->`);
  writeFileSync(
    page,
    before.replace(marks, (_, a, b) => `${a}\n${text.trim()}\n\n${b}`),
  );
}
