import { expect, it, vi } from 'vitest';
import { Deferred } from '../../../../src/core/async';
import type { Board } from '../../../../src/core/board';
import type { ViewContext } from '../../../../src/views/context';

vi.mock('vscode', async () => {
  const { vscodeWith } = await import('../../rig/vscodeWords');
  return vscodeWith({ window: { showInputBox: () => Promise.resolve('pump-{n}') } });
});

const { rename } = await import('../../../../src/commands/board/rename');

/** A board that says its unique id once `asked` ends. */
function aBoard(name: string, uid?: string, asked: Promise<unknown> = Promise.resolve()): Board {
  const board = { name, uid, links: [], refreshInfo: () => asked };
  return board as unknown as Board;
}

/** A fleet that keeps the names that boards get. */
function aWorld(boards: readonly Board[]) {
  const names: string[] = [];
  const context = {
    fleet: { boards, rename: (board: Board, name: string) => names.push(`${board.name}: ${name}`) },
    log: { error: () => undefined },
    tree: {},
  } as unknown as ViewContext;
  return { names, context };
}

it('names the boards that are known while a board with a running program is asked who it is', async () => {
  const answer = new Deferred<undefined>();
  const boards = [aBoard('a', '01'), aBoard('b', undefined, answer.promise), aBoard('c', '03')];
  const { names, context } = aWorld(boards);
  const done = rename(context, boards, { signal: new AbortController().signal });
  await expect.poll(() => names).toEqual(['a: pump-1', 'c: pump-3']);
  answer.resolve(undefined);
  await done;
  expect(names).toEqual(['a: pump-1', 'c: pump-3', 'b: pump-2']);
});
