import { expect, it, vi } from 'vitest';
import { Board } from '../../../../src/core/board/board';
import { filterBoards } from '../../../../src/core/many/grouping';
import { fakeWorld } from '../../rig/fakeBoard';

vi.mock('vscode', async () => (await import('../../rig/vscodeWords')).vscodeWords);
const { dashboardRow } = await import('../../../../src/views/dashboard/rows');

it('finds a board by its own tags and by the name and tags of its device file', () => {
  const board = new Board('b', fakeWorld({}).services, { name: () => 'esp32-1' });
  const known = {
    tagsOf: () => ['lab'],
    lentTo: () => ({ name: 'porch', tags: ['outside'], own: true }),
  };
  const facts = {
    ...{ known, issues: [], waiting: 0 },
    ...{ app: undefined, latest: undefined, lastSeen: undefined },
  };
  const row = dashboardRow(board, facts);
  for (const words of ['tag:lab', 'tag:outside', 'porch']) {
    expect(filterBoards([row], words), words).toEqual([row]);
  }
  expect(filterBoards([row], 'tag:inside')).toEqual([]);
});
