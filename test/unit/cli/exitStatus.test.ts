import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EXIT, exitStatus } from '../../../src/cli/exitStatus';
import { UsageError, WentBackError } from '../../../src/core/errors';

it('returns the exit statuses that README lists, each once', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const [, table = ''] = readme.split('| exit status | meaning');
  const listed = [...(table.split('\n\n')[0]?.matchAll(/^\| (\d+) /gm) ?? [])].map((m) =>
    Number(m[1]),
  );
  expect(listed).toEqual(Object.values(EXIT).sort((a, b) => a - b));
});

it('distinguishes a rolled-back update from a wrong command line', () => {
  expect(exitStatus(new WentBackError('The board went back to its old agent'))).toBe(EXIT.board);
  expect(exitStatus(new UsageError('There is no such option'))).toBe(EXIT.usage);
});
