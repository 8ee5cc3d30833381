import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { formatEntry } from '../../../../src/core/agent/agentLogs';
import type { LogLevel } from '../../../../src/core/agent/agentProtocolLog';

interface Grammar {
  readonly patterns: readonly { readonly name: string; readonly match: string }[];
}

it('each line of the log has the colour of its level, with any text', () => {
  const { patterns } = JSON.parse(
    readFileSync('media/boardLog.tmLanguage.json', 'utf8'),
  ) as Grammar;
  const colour = (level: LogLevel, text: string, logger = 'net') => {
    const record = { seq: 1, level, ms: 0, logger, text, cut: false };
    const line = formatEntry({ kind: 'record', uid: 'aa', at: 0, record }, 'kitchen 1').trimEnd();
    return patterns.find(({ match }) => new RegExp(match, 'u').test(line))?.name;
  };
  expect(colour('E', 'no answer')).toBe('token.error-token');
  expect(colour('C', 'no answer', '')).toBe('token.error-token');
  expect(colour('W', 'hot')).toBe('token.warn-token');
  expect(colour('D', 'detail')).toBe('token.debug-token');
  expect(colour('I', 'an error that is no error , debug me')).toBeUndefined();
  expect(colour('W', 'an error that is a warning')).toBe('token.warn-token');
  const gap = formatEntry({ kind: 'gap', uid: 'aa', at: 0, lost: 3 }, 'kitchen').trimEnd();
  expect(patterns.filter(({ match }) => new RegExp(match, 'u').test(gap))).toMatchObject([
    { name: 'comment' },
  ]);
});
