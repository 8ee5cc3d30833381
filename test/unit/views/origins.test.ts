import type { Memento, Uri } from 'vscode';
import { expect, it, vi } from 'vitest';
import { Board } from '../../../src/core/board/board';
import { fakeWorld } from '../rig/fakeBoard';

vi.mock('vscode', async () => (await import('../rig/vscodeShape')).vscodeShape);
const { Origins } = await import('../../../src/views/origins');

it('stores the origins of files once for boards that get them together', async () => {
  const update = vi.fn(() => Promise.resolve());
  const memento = { get: (_key: string, none: unknown) => none, update } as unknown as Memento;
  const origins = new Origins(memento, (error) => expect.unreachable(String(error)));
  const local = { toString: () => 'file:///project/main.py' } as unknown as Uri;
  for (const id of ['a', 'b', 'c']) {
    const board = new Board(id, fakeWorld({}).services, { name: () => id });
    origins.note([board], [{ path: '/main.py', local }]);
  }
  await vi.waitFor(() => expect(update).toHaveBeenCalled());
  expect(update).toHaveBeenCalledExactlyOnceWith(
    'mpyFleet.origins',
    ['a', 'b', 'c'].map((id) => [`${id}|/main.py`, 'file:///project/main.py']),
  );
  origins.dispose();
});
