import { describe, expect, it, vi } from 'vitest';
import type { Board } from '../../../../src/core/board/board';
import type { BoardState } from '../../../../src/core/board/boardState';
import { ConnectError, type ConnectReason } from '../../../../src/core/errors';
import { parseAddress } from '../../../../src/core/parseAddress';

vi.mock('vscode', async () => {
  const { vscodeWith } = await import('../../rig/vscodeWords');
  return vscodeWith({
    TreeItem: class {
      constructor(readonly label: string) {}
    },
    TreeItemCollapsibleState: { None: 0, Collapsed: 1 },
    ThemeIcon: class {
      constructor(readonly id: string) {}
    },
    ThemeColor: class {
      constructor(readonly id: string) {}
    },
  });
});

const { boardItem, stateInFull } = await import('../../../../src/views/tree/boardItem');

const ADDRESSES = ['serial:/dev/ttyACM0', 'mqtt://office/6b69'];

/** A board with these links, the first of them open if it is connected. */
function aBoard(state: BoardState, addresses: readonly string[] = ADDRESSES.slice(0, 1)): Board {
  const links = addresses.map((text) => ({
    present: true,
    found: { address: parseAddress(text), likely: true },
  }));
  const open = state.tag === 'idle' ? { address: links[0]?.found.address, can: {} } : undefined;
  return {
    id: 'b',
    name: 'kit-1',
    state,
    links,
    present: true,
    transport: open,
  } as unknown as Board;
}

const row = (board: Board) =>
  boardItem({ kind: 'board', board }, { jobs: 0, active: false, tags: [] });

describe('a row of the tree', () => {
  const LONG =
    'Another program is using /dev/ttyACM0: python3 (process 9110). Close the other serial monitor';
  const failed = (reason: ConnectReason): BoardState => ({
    tag: 'disconnected',
    error: new ConnectError(parseAddress(ADDRESSES[0] ?? ''), reason, LONG),
  });

  it.each<[ConnectReason, string]>([
    ['busy', 'not connected: in use · USB ttyACM0'],
    ['permission', 'not connected: no permission · USB ttyACM0'],
    ['noAnswer', 'not connected: no answer · USB ttyACM0'],
    ['notFound', 'not connected: not found · USB ttyACM0'],
  ])(
    'says in two words why a board is not connected (%s), the tooltip says all',
    (reason, text) => {
      const board = aBoard(failed(reason));
      expect(row(board).description).toBe(text);
      expect(stateInFull(board)).toContain(LONG);
    },
  );

  it('shows in two words that the connection failed for another reason', () => {
    const board = aBoard({ tag: 'disconnected', error: new Error(LONG) });
    expect(row(board).description).toBe('not connected: failed · USB ttyACM0');
  });

  it('names both links of a board that has two', () => {
    expect(row(aBoard({ tag: 'idle' }, ADDRESSES)).description).toBe('ready · USB, MQTT');
    expect(row(aBoard({ tag: 'idle' })).description).toBe('ready · USB ttyACM0');
  });
});
