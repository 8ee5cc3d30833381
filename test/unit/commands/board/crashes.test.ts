import { beforeEach, expect, it, vi } from 'vitest';
import { Deferred, abortable } from '../../../../src/core/async';
import type { Board } from '../../../../src/core/board/board';
import { TimeoutError } from '../../../../src/core/errors';
import { Emitter } from '../../../../src/core/events';
import { parseAddress } from '../../../../src/core/parseAddress';
import type { EventEntry } from '../../../../src/core/store';
import type { ViewContext } from '../../../../src/views/context';

const messages: string[] = [];

vi.mock('vscode', async () => {
  const { vscodeWith } = await import('../../rig/vscodeWords');
  const show = (text: string) => {
    messages.push(text);
    return Promise.resolve(undefined);
  };
  return vscodeWith({ window: { showInformationMessage: show, showErrorMessage: show } });
});

const { crashCommands } = await import('../../../../src/commands/board/crashes');

const TRACEBACK = 'Traceback (most recent call last):\n  File "app.py", line 1\nValueError: dark';
const CRASH: EventEntry = { uid: 'pump', at: 0, kind: 'crash', text: TRACEBACK };

/** A board behind a broker, whose agent answers with `crashes`, and the log that the command writes. */
function aWorld(present: boolean, crashes: (signal: AbortSignal) => Promise<string>) {
  const link = { present, found: { address: parseAddress('mqtt://office/pump'), likely: true } };
  const board = { id: 'pump', uid: 'pump', name: 'pump', links: [link] } as unknown as Board;
  const changed = new Emitter<Board>();
  const shown: string[] = [];
  const stored: EventEntry[] = [CRASH];
  const context = {
    fleet: { onDidChangeBoard: changed.event },
    log: { error: () => undefined },
    boardLogs: { append: (_: Board, title: string, text: string) => shown.push(title, text) },
    brokers: { hub: { agent: () => ({ crashes }), get: () => ({}) } },
    history: {
      store: { events: () => Promise.resolve({ rows: stored }) },
      operations: { worked: () => undefined },
    },
  } as unknown as ViewContext;
  const leave = () => {
    link.present = false;
    changed.fire(board);
  };
  const show = async () => {
    const [command] = crashCommands;
    if (command?.needs !== 'boards') throw new Error('another kind of command');
    const signal = new AbortController().signal;
    const call = { args: [], signal, report: () => undefined, begin: () => undefined };
    await command.run(context, [board], { ...call, ask: async (question) => question() });
  };
  return { show, leave, shown, stored };
}

const RECORDED =
  'pump cannot be reached. The log shows the last crashes that this computer recorded.';

beforeEach(() => void messages.splice(0));

it('of a board that is away, shows what this computer recorded, without a request', async () => {
  const { show, shown } = aWorld(false, () => Promise.reject(new Error('it was asked')));
  await show();
  expect(shown[0]).toBe('Crashes of pump that this computer recorded');
  expect(shown[1]).toContain('ValueError: dark');
  expect(messages).toEqual([RECORDED]);
});

it('of a board that is away, says that nothing was recorded', async () => {
  const { show, shown, stored } = aWorld(false, () => Promise.reject(new Error('it was asked')));
  stored.splice(0);
  await show();
  expect(shown).toEqual([]);
  expect(messages).toEqual(['pump cannot be reached, and this computer has recorded no crash.']);
});

it('ends with what was recorded when the board leaves before it answers', async () => {
  const asked = new Deferred<undefined>();
  const { show, leave, shown } = aWorld(true, (signal) => {
    asked.resolve(undefined);
    return abortable(new Promise<string>(() => undefined), signal);
  });
  const ended = show();
  await asked.promise;
  leave();
  await ended;
  expect(shown[1]).toContain('ValueError: dark');
  expect(messages).toEqual([RECORDED]);
});

it('ends with what was recorded when the board stays silent', async () => {
  const { show, shown } = aWorld(true, () => Promise.reject(new TimeoutError('pump is silent')));
  await show();
  expect(shown[1]).toContain('ValueError: dark');
  expect(messages).toEqual([RECORDED]);
});

it('shows the crashes that the board has stored, with the time of each', async () => {
  const text = `=== app 0a1b2c3d 1500\n${TRACEBACK}`;
  const { show, shown } = aWorld(true, () => Promise.resolve(text));
  await show();
  expect(shown).toEqual([
    'Crashes of pump',
    `Crash of app 1.5 s after start 0a1b2c3d\n${TRACEBACK}`,
  ]);
  expect(messages).toEqual([]);
});
