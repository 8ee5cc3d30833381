import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bundleFile, textsOfWindow } from '../../scripts/l10n.mjs';

const bundle = JSON.parse(readFileSync(bundleFile, 'utf8')) as Record<string, string>;

it('every text of the window can be translated, and none is kept that is not shown (node scripts/l10n.mjs)', () => {
  const used = textsOfWindow();
  expect([...used].filter((text) => !Object.hasOwn(bundle, text))).toEqual([]);
  expect(Object.keys(bundle).filter((text) => !used.has(text))).toEqual([]);
});

it('the bundle of English says what the code says', () => {
  expect(Object.entries(bundle).filter(([key, text]) => key !== text)).toEqual([]);
});
