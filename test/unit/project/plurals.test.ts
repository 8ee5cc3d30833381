import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { counted } from '../../../src/core/counted';

// "1 boards" never shows: a text that counts has a form for one next to it, or uses `counted`.

const NOUNS =
  'boards|files|items|entries|messages|rows|folders|packages|steps|values|operations|logins|events|lines|networks|apps|brokers|' +
  'times|runs since|records|connections|points|schedules|jobs';
/** Texts that count, but not numbers that can be 1 there: limits, and bytes. */
const NOT_COUNTED = /at most|more than|over \{|may have|may hold|newest \{0\}/i;
/** Lines around a text in which the form for one must be chosen. */
const NEAR = 10;

/** Texts whose count cannot be 1, with the reason. */
const NEVER_ONE = new Map([
  ['{0} boards are selected, but this command works on one. Which?', 'asked for several only'],
  ['How should {0} boards be updated?', 'asked for several only'],
  ['Updated {0} boards', 'one board is updated without waves'],
  ['{0} of {1} boards were not updated', 'one board is updated without waves'],
  ['The update stopped: {0} of {1} boards were not updated', 'one board is updated without waves'],
  ['{0} of {1} boards are up to date', 'one board has a preview of its own'],
  ['New names for {0} boards', 'asked for several only'],
  ['{0} rows are selected', 'refused for several only'],
  ['{0} matches {1} boards', 'said of two and more'],
  ['Stop the program on {0}? {1} operations are waiting', 'said from the second on'],
  ['The line stopped: {0} boards in a row failed in "{1}": {2}', 'two at least'],
  ['crashed {0} times', 'said from the second on'],
  ['Keeps restarting: crashed {0} times, last by {1}', 'said from the third on'],
]);

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((e) => e.isFile() && e.name.endsWith('.ts'))
    .map((e) => join(e.parentPath, e.name));
}

it('a text that counts has a form for one', () => {
  const counts = new RegExp(`\\{\\d\\} (?:other |more )?(?:${NOUNS})\\b(?! \\{)`);
  const missing: string[] = [];
  for (const file of sources('src')) {
    const lines = readFileSync(file, 'utf8').split('\n');
    for (const [i, line] of lines.entries()) {
      const [, text] = /'((?:[^'\\]|\\.)*)'/.exec(line) ?? [];
      if (text === undefined || !counts.test(text)) continue;
      if (NOT_COUNTED.test(text) || NEVER_ONE.has(text)) continue;
      const near = lines.slice(Math.max(0, i - NEAR), i + NEAR).join('\n');
      if (!/=== 1\b|\bone\b|One:|> 1\b|\bsecond\b|MAX_/.test(near))
        missing.push(`${file}:${i + 1} ${text}`);
    }
  }
  expect(missing).toEqual([]);
});

it('a text of the command line or the log that counts does so with `counted`', () => {
  const counts = new RegExp(`\\$\\{[^}]*\\} (?:other |more )?(?:${NOUNS})\\b(?! \\$)`);
  const missing = sources('src').flatMap((file) => {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.flatMap((line, i) => {
      const near = lines.slice(Math.max(0, i - 3), i + 1).join('\n');
      const fine = !counts.test(line) || /more than|> 1\b/.test(near);
      return fine ? [] : [`${file}:${i + 1} ${line.trim()}`];
    });
  });
  expect(missing).toEqual([]);
});

it('`counted` has a form for one, and for nouns of another plural', () => {
  expect([counted(1, 'file'), counted(0, 'file'), counted(2, 'entry', 'entries')]).toEqual([
    '1 file',
    '0 files',
    '2 entries',
  ]);
});
