import { expect, it } from 'vitest';
import type { CommandRow } from '../../../../src/core/store';
import { messagesBody, OPEN_SOURCE, type PageWords } from '../../../../src/views/apps/messagesPage';

const words: PageWords = {
  ...{ title: 'Messages', none: 'none', count: '1 message', dropped: '', filter: '', export: '' },
  ...{ send: '', sent: 'Sent to apps', columns: ['Time', 'Board', 'Data'] },
  axes: { seconds: 'in seconds', minutes: 'in minutes', hours: 'in hours', days: 'in days' },
  sentColumns: ['Time', 'Board', 'Message', 'State', 'Answer'],
  states: {
    ...{ queued: 'queued', sent: 'sent', delivered: 'delivered' },
    ...{ done: 'done', failed: 'failed', expired: 'expired' },
  },
};
const command: CommandRow = {
  ...{ id: 'c1', uid: 'aa', at: 0, text: '<b>bad</b>', until: 1, state: 'failed' },
  error:
    'Traceback:\n  File "app", line 1, in answer\n  File "/fleet/apps/a/1-b/x".py", line 4, in <module>\n  File "m.py", line 7\n',
};

it('lists messages to apps with their states, and escapes what boards say', () => {
  const body = messagesBody({ rows: [], dropped: 0, sent: [command] }, () => '<i>', words);
  expect(body).toContain('<td>&lt;i&gt;</td><td>&lt;b&gt;bad&lt;/b&gt;</td><td>failed</td>');
  expect(body).not.toContain('<module>');
});

it('gives elements stable keys when newer messages arrive', () => {
  const row = (seq: number) => ({ uid: 'a"', boot: 'b', seq, at: seq, app: 'x', data: '{"n":1}' });
  const body = messagesBody(
    { rows: [row(1), row(2)], dropped: 0, sent: [command] },
    (u) => u,
    words,
  );
  expect([...body.matchAll(/<tr data-key="([^"]*)"/g)].map(([, key]) => key)).toEqual([
    'c1',
    'a&quot; b 2',
    'a&quot; b 1',
  ]);
});

it('links lines of tracebacks to their source, with the board and the line', () => {
  const body = messagesBody({ rows: [], dropped: 0, sent: [command] }, () => 'kitchen', words);
  const all = [...body.matchAll(/href="command:([\w.]+)\?([^"]*)"/g)];
  expect(
    all.map(([, name, args = '']) => [name, JSON.parse(decodeURIComponent(args)) as unknown]),
  ).toEqual([[OPEN_SOURCE, ['aa', 'm.py', 7]]]);
});

it.each([
  ['in seconds', 20],
  ['in minutes', 600],
  ['in hours', 36_000],
  ['in days', 864_000],
])('draws a period %s where that suits it', (caption, seconds) => {
  const row = (n: number) => ({
    ...{ uid: 'aa', boot: 'b', seq: n, at: n * seconds * 1_000, app: 'a', data: `{"n":${n}}` },
  });
  const rows = [row(0), row(1)];
  const body = messagesBody({ rows, dropped: 0, sent: [] }, () => 'kitchen', words);
  expect(body).toContain(`<figcaption>${caption}</figcaption>`);
});
