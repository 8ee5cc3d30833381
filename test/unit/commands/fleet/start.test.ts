import { expect, it, vi } from 'vitest';
import type { Board } from '../../../../src/core/board/board';

vi.mock('vscode', async () =>
  (await import('../../rig/vscodeWords')).vscodeWith({
    commands: { executeCommand: () => Promise.resolve() }, // shows the results view
  }),
);
const { startJob } = await import('../../../../src/commands/fleet/start');

it('orders the results like the tree, whichever of several boards was clicked', async () => {
  const run = vi.fn((_action: unknown, boards: readonly Board[]) => Promise.resolve({ boards }));
  const boards = ['kit-2', 'kit-10', 'kit-1'].map((name) => ({
    ...{ name, present: true, state: { tag: 'idle' }, links: [] },
  })) as unknown as Board[];
  const context = { many: { jobs: { run } } } as unknown as Parameters<typeof startJob>[0];
  const action = { kind: 'exec', code: 'pass', label: 'pass' } as const;
  await startJob(context, action, boards);
  expect(run.mock.calls[0]?.[1].map((b) => b.name)).toEqual(['kit-1', 'kit-2', 'kit-10']);
});
