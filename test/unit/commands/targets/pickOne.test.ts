import { expect, it, vi } from 'vitest';
import type { Board } from '../../../../src/core/board';

const offered: string[] = [];
vi.mock('vscode', async () => {
  const { vscodeWith } = await import('../../rig/vscodeWords');
  return vscodeWith({
    window: {
      showQuickPick: (items: { label: string }[]) => {
        offered.push(...items.map(({ label }) => label.replace(/^\S+ /, '')));
        return Promise.resolve(undefined);
      },
    },
  });
});
const { askBoard } = await import('../../../../src/commands/targets/pickOne');

it('offers the active board first and the others in the order of the tree', async () => {
  const board = (name: string) =>
    ({ name, links: [], state: { tag: 'disconnected' }, present: true }) as unknown as Board;
  // The fleet has boards in the order in which their ports were found.
  const [ten, two, one] = ['kit-10', 'kit-2', 'kit-1'].map(board);
  if (!ten || !two || !one) throw new Error('no boards');
  await askBoard({ active: { current: two } as never }, [ten, two, one], 'Which?');
  expect(offered).toEqual(['kit-2', 'kit-1', 'kit-10']);
});
