import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

// "1 boards" never shows: a text that counts has a form for one next to it.

const NOUNS =
  'boards|files|items|entries|messages|rows|folders|packages|steps|values|operations|logins|events|lines|networks|apps|brokers|times';
/** Texts that count, but not numbers that can be 1 there: limits, parts of a whole, and bytes. */
const NOT_COUNTED =
  /at most|more than|over \{|\{\d\} of \{\d\}|of \{\d\} boards|may have|may hold|newest \{0\}/i;
/** Lines around a text in which the form for one must be chosen. */
const NEAR = 8;

/** Texts whose count cannot be 1, with the reason. */
const NEVER_ONE = new Map([
  ['{0} boards are selected, but this command works on one. Which?', 'asked for several only'],
  ['How should {0} boards be updated?', 'asked for several only'],
  ['Updated {0} boards', 'one board is updated without waves'],
  ['{0} rows are selected', 'refused for several only'],
  ['{0} matches {1} boards', 'said of two and more'],
  ['Stop the program on {0}? {1} operations are waiting', 'said from the second on'],
  ['The line stopped: {0} boards in a row failed in "{1}": {2}', 'two at least'],
  ['crashed {0} times', 'said from the second on'],
  ['Keeps restarting: crashed {0} times, last by {1}', 'said from the third on'],
  ['{0} runs on trial for {1} s: {2} files sent, {3} copied on the board', 'a list of facts'],
]);

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((e) => e.isFile() && e.name.endsWith('.ts'))
    .map((e) => join(e.parentPath, e.name));
}

it('a text that counts has a form for one', () => {
  const counted = new RegExp(`\\{\\d\\} (?:other |more )?(?:${NOUNS})\\b`);
  const missing: string[] = [];
  for (const file of sources('src')) {
    const lines = readFileSync(file, 'utf8').split('\n');
    for (const [i, line] of lines.entries()) {
      const [, text] = /'((?:[^'\\]|\\.)*)'/.exec(line) ?? [];
      if (text === undefined || !counted.test(text)) continue;
      if (NOT_COUNTED.test(text) || NEVER_ONE.has(text)) continue;
      const near = lines.slice(Math.max(0, i - NEAR), i + NEAR).join('\n');
      if (!/=== 1\b|\bone\b|One:|> 1\b|\bsecond\b|MAX_/.test(near))
        missing.push(`${file}:${i + 1} ${text}`);
    }
  }
  expect(missing).toEqual([]);
});
