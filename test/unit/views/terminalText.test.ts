/** Whatever shows output of boards in a terminal of this computer lets through no sequence that acts on the computer. */
import { expect, it, vi } from 'vitest';
import { text, utf8 } from '../../../src/core/bytes';
import { shownOutput } from '../../../src/cli/board';
import type { Cli } from '../../../src/cli/cli';
import type { TaskProvider } from '../rig/vscodeTasks';

const tasks: TaskProvider[] = [];
vi.mock('vscode', async () => {
  const { taskApi } = await import('../rig/vscodeTasks');
  return { ...taskApi(tasks), workspace: { isTrusted: true } };
});
const { ReplOutput } = await import('../../../src/views/repl/replOutput');
const { registerTasks } = await import('../../../src/views/integrations/tasks');

const PRINTED = 'a\x1b]52;c;ZXZpbA==\x07b\x1b]0;title\x07c\x1bP+q544e\x1b\\d\x1b[31mred';
const SHOWN = 'abcd\x1b[31mred';

it('is so in the terminal of a board', () => {
  let shown = '';
  const output = new ReplOutput((text) => (shown += text));
  output.show(utf8(PRINTED));
  output.note('note');
  output.show(utf8(PRINTED));
  expect(shown.split(SHOWN)).toHaveLength(3);
  for (const start of ['\x1b]', '\x1bP']) expect(shown).not.toContain(start);
});

it('is so in the terminal of a task', async () => {
  registerTasks({
    settings: { get: () => 'leave' },
    many: {
      select: () => {
        throw new Error(PRINTED);
      },
    },
  } as never);
  const task = tasks[0]?.resolveTask({ definition: { task: 'run', code: '1', boards: 'all' } });
  const terminal = await task?.execution();
  let shown = '';
  terminal?.onDidWrite((text) => (shown += text));
  const status = await new Promise((resolve) => {
    terminal?.onDidClose(resolve);
    terminal?.open();
  });
  expect([status, shown]).toEqual([2, `${SHOWN}\r\n`]);
});

it('is so on the command line; a file or a pipe gets every byte', () => {
  const through = (columns: number | undefined) =>
    text(shownOutput({ columns } as unknown as Cli)(utf8(PRINTED)));
  expect(through(80)).toBe(SHOWN);
  expect(through(undefined)).toBe(PRINTED);
});
