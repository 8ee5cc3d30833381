import { expect, it, vi } from 'vitest';
import type { Board } from '../../../../src/core/board';
import type { ViewContext } from '../../../../src/views/context';

vi.mock('vscode', async () => {
  const { vscodeShape } = await import('../../rig/vscodeShape');
  const l10n = { t: (text: string, name: string) => text.replace('{0}', name) };
  return new Proxy(
    {},
    {
      get: (_, key) => (key === 'l10n' ? l10n : (Reflect.get(vscodeShape, key) as unknown)),
      has: () => true,
    },
  );
});
const { apiMessages, apiSend } = await import('../../../../src/views/apiMessages');

const board = {
  ...{ id: 'b1', name: 'kitchen', uid: 'aa' },
  links: [{ present: true, found: { address: { kind: 'mqtt', broker: 'office', uid: 'aa' } } }],
} as unknown as Board;

it('gives the stored messages of boards in a period, and no more than 10,000', async () => {
  const asked: unknown[] = [];
  const row = { uid: 'aa', boot: 'b', seq: 1, at: 5, app: 'env', data: '{"t":21.5}' };
  const messages = (query: unknown) => {
    asked.push(query);
    return Promise.resolve({ rows: [row], dropped: 0 });
  };
  const context = { apps: { store: { messages } } } as unknown as ViewContext;
  expect(await apiMessages(context, { from: 1, to: 9, limit: 1e9 }, [board])).toEqual([
    { uid: 'aa', at: 5, app: 'env', data: { t: 21.5 } },
  ]);
  await apiMessages(context, {}, undefined);
  expect(asked).toEqual([
    { uids: ['aa'], from: 1, to: 9, latest: true, limit: 10_000 },
    { latest: true, limit: 1_000 },
  ]);
});

it('sends a message through the agent of the board, and returns its state', async () => {
  const send = vi.fn(() =>
    Promise.resolve({
      id: 'c',
      uid: 'aa',
      at: 0,
      text: 'hi',
      until: 1,
      state: 'done',
      reply: 'HI',
    }),
  );
  const hub = { agent: () => ({}), get: () => ({}) };
  const context = { apps: { send }, brokers: { hub }, history: {} } as unknown as ViewContext;
  expect(await apiSend(context, board, 'hi')).toEqual({ state: 'done', reply: 'HI' });
  expect(send).toHaveBeenCalledWith('aa', 'hi', expect.anything(), { patienceMs: 15_000 });
  const far = { id: 'b2', name: 'kitchen', links: [] } as unknown as Board;
  await expect(apiSend(context, far, 'hi')).rejects.toThrow('kitchen does not run the agent');
});
