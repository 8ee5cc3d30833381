import { expect, it, vi } from 'vitest';
import type { HistoryRow } from '../../../../src/core/store';

vi.mock('vscode', () => ({ l10n: { t: (text: string) => text } }));

const { lineOf } = await import('../../../../src/views/history/lines');

const TRACEBACK = `Traceback (most recent call last):
  File "main.py", line 3, in <module>
ValueError: pump is dry
`;

it.each([
  ['crash', TRACEBACK, 'ValueError: pump is dry'],
  ['log:E', `app: ${TRACEBACK}`, 'ValueError: pump is dry'],
  ['log:E', 'no answer\nfrom the sensor', 'no answer'],
  ['start', 'power on, boot 3', 'power on, boot 3'],
])('an entry of the kind %s shows the line that says what happened', (kind, text, expected) => {
  const row = { type: 'event', entry: { at: 0, uid: 'a', kind, text } } as HistoryRow;
  expect(lineOf(row, () => 'kitchen')).toMatchObject({ text: expected, boards: 'kitchen' });
});
