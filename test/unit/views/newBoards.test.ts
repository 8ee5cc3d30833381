import { beforeEach, expect, it, vi } from 'vitest';
import type { Board } from '../../../src/core/board';
import { Deferred } from '../../../src/core/async';
import { Emitter } from '../../../src/core/events';
import type { Needs } from '../../../src/views/context';

// A message of VS Code cannot be taken back, so the user may click it after the boards were renamed.

const seen = vi.hoisted(() => ({
  answers: [] as { text: string; answer: (button: string) => void }[],
  called: [] as unknown[][],
  brief: [] as string[],
}));
vi.mock('vscode', () => ({
  l10n: {
    t: (text: string, ...args: unknown[]) =>
      text.replace(/\{(\d)\}/g, (_, n: string) => String(args[Number(n)])),
  },
  Disposable: {
    from: (...all: { dispose(): void }[]) => ({ dispose: () => all.forEach((d) => d.dispose()) }),
  },
}));
vi.mock('../../../src/views/message', () => ({
  showInformationMessage: (text: string) => {
    const given = new Deferred<string>();
    seen.answers.push({ text, answer: (button) => given.resolve(button) });
    return given.promise;
  },
  tellBriefly: (text: string) => void seen.brief.push(text),
}));
vi.mock('../../../src/views/callCommand', () => ({
  callCommand: (...args: unknown[]) => void seen.called.push(args),
}));

const { registerNewBoards } = await import('../../../src/views/newBoards');

const boards = ['a', 'b'].map((uid, i) => ({ uid, name: `rp2-${i + 1}` }));
const named = new Emitter<{ uid: string; name: string }>();

beforeEach(() => {
  for (const list of [seen.answers, seen.called, seen.brief]) list.length = 0;
  boards.forEach((board, i) => (board.name = `rp2-${i + 1}`));
});

/** Finds both boards, and waits until they would be announced. */
async function found(isRunning = false): Promise<void> {
  vi.useFakeTimers();
  const fleet = {
    byUid: (uid: string) => boards.find((b) => b.uid === uid),
    onDidName: named.event,
    onDidFindShared: () => ({ dispose: () => undefined }),
  };
  const tree = { nodeOf: (board: Board) => ({ kind: 'board', board }) };
  const log = { error: (text: string) => expect.fail(text) };
  const services = { fleet, tree, log, line: { current: { isRunning } } };
  const registered = registerNewBoards(
    services as unknown as Needs<'log' | 'fleet' | 'tree' | 'line'>,
  );
  for (const { uid, name } of boards) named.fire({ uid, name });
  await vi.runAllTimersAsync();
  vi.useRealTimers();
  registered.dispose();
}

/** Announces both boards, and returns the message. */
async function announced(): Promise<(typeof seen.answers)[number]> {
  await found();
  const [message] = seen.answers;
  if (!message) throw new Error('nothing was said');
  return message;
}

/** Clicks the message's button, and waits for what it does. */
async function click(message: (typeof seen.answers)[number]): Promise<void> {
  message.answer('Rename…');
  await vi.waitFor(() => expect(seen.called.length + seen.brief.length).toBe(1));
}

it('an old message renames only boards that still have the name they were given', async () => {
  const message = await announced();
  expect(message.text).toBe('New boards were named rp2-[1-2]');
  for (const board of boards.slice(0, 1)) board.name = 'kitchen';
  await click(message);
  const [[command, first, all] = []] = seen.called;
  expect(command).toBe('mpyFleet.rename');
  expect(all).toEqual([{ kind: 'board', board: boards[1] }]);
  expect(first).toEqual({ kind: 'board', board: boards[1] });
});

it('an old message asks nothing when all its boards have been renamed', async () => {
  const message = await announced();
  for (const board of boards) board.name += '-desk';
  await click(message);
  expect(seen.called).toEqual([]);
  expect(seen.brief).toEqual(['These boards have been renamed already']);
});

it('says nothing about the boards of a production line that runs', async () => {
  await found(true);
  expect(seen.answers).toEqual([]);
});
