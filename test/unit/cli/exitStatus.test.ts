import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EXIT } from '../../../src/cli/exitStatus';

it('gives the exit statuses that README lists, each once', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const [, table = ''] = readme.split('| exit status | meaning');
  const listed = [...(table.split('\n\n')[0]?.matchAll(/^\| (\d+) /gm) ?? [])].map((m) =>
    Number(m[1]),
  );
  expect(listed).toEqual(Object.values(EXIT).sort((a, b) => a - b));
});
