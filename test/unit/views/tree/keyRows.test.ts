import { afterEach, describe, expect, it, vi } from 'vitest';
import { keyRows, type KeyedTree } from '../../../../src/views/tree/keyRows';
import type { TreeNode } from '../../../../src/views/tree';

/** Runs VS Code's command `list.toggleSelection`. */
let toggleSelection: () => void;
vi.mock('vscode', () => ({
  commands: {
    executeCommand: (id: string) => {
      expect(id).toBe('list.toggleSelection');
      toggleSelection();
      return Promise.resolve();
    },
  },
}));
afterEach(() => void vi.useRealTimers());

const [old, extra, other] = ['old', 'extra.txt', 'other'].map((path) => ({
  kind: 'remote',
  path,
})) as unknown as [TreeNode, TreeNode, TreeNode];

/**
 * A tree whose selection is reported `afterMs` after VS Code has changed it; never, if undefined. While `redrawn`, VS Code
 * reports no rows until it is waited for one.
 */
function aTree(
  selected: TreeNode[],
  focused: TreeNode,
  afterMs: number | undefined,
  redrawn = false,
) {
  vi.useFakeTimers();
  let real = selected;
  const users: (readonly TreeNode[])[] = [];
  const tree: KeyedTree & { selection: readonly TreeNode[] } = {
    selection: selected,
    probing: undefined,
    shown: {
      has: () => {
        redrawn = false;
        tree.selection = real;
        return Promise.resolve(true);
      },
    },
  };
  toggleSelection = () => {
    real = real.includes(focused) ? real.filter((n) => n !== focused) : [...real, focused];
    const nodes = real;
    if (afterMs === undefined) return;
    setTimeout(() => {
      tree.selection = redrawn ? [] : nodes;
      if (tree.probing) tree.probing();
      else users.push(nodes);
    }, afterMs);
  };
  return { tree, users, real: () => real };
}

async function rowsOf(tree: KeyedTree): Promise<readonly TreeNode[]> {
  const rows = keyRows(tree);
  await vi.advanceTimersByTimeAsync(10_000);
  return rows;
}

describe('the rows that a key means', () => {
  it.for([0, 1500])('are the focused one, although its event takes %i ms', async (ms) => {
    const { tree, users, real } = aTree([old], extra, ms);
    expect(await rowsOf(tree)).toEqual([extra]);
    expect(real()).toEqual([old]);
    expect(users).toEqual([]);
  });

  it('are the whole selection if the focused row is part of it, the focused one first', async () => {
    const { tree } = aTree([old, extra, other], extra, 10);
    expect(await rowsOf(tree)).toEqual([extra, old, other]);
  });

  it('are empty, and not the selected one, if VS Code does not report the focused one', async () => {
    const { tree, real } = aTree([old], extra, undefined);
    expect(await rowsOf(tree)).toEqual([]);
    expect(real()).toEqual([old]);
    expect(tree.probing).toBeUndefined();
  });

  it('are not a selected row that is only being redrawn', async () => {
    const { tree } = aTree([old], extra, 10, true);
    expect(await rowsOf(tree)).toEqual([extra]);
  });

  it('are empty, if the selected row does not come back from a redraw', async () => {
    const { tree, real } = aTree([old], extra, 10, true);
    tree.shown.has = () => Promise.resolve(false);
    expect(await rowsOf(tree)).toEqual([]);
    expect(real()).toEqual([old]);
  });
});
