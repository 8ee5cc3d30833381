// @ts-check
// What a bench printed goes into README.md between marks of its own, so that no figure there was typed.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../test/lab/index.mjs';

/** Puts `text` between `<!-- MARK -->` and `<!-- /MARK -->`. @param {string} mark @param {string} text */
export function keep(mark, text) {
  const readme = join(root, 'README.md');
  const marks = new RegExp(`(<!-- ${mark} -->\\n)[^]*?(<!-- /${mark} -->)`);
  const before = readFileSync(readme, 'utf8');
  if (!marks.test(before)) throw new Error(`README.md has no <!-- ${mark} --> … <!-- /${mark} -->`);
  writeFileSync(
    readme,
    before.replace(marks, (_, a, b) => `${a}\n${text.trim()}\n\n${b}`),
  );
}
