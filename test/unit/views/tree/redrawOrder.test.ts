import { describe, expect, it } from 'vitest';
import { Board } from '../../../../src/core/board/board';
import type { TreeNode } from '../../../../src/views/tree/nodes';
import { RedrawOrder } from '../../../../src/views/tree/redrawOrder';
import { fakeWorld } from '../../rig/fakeBoard';

const names = ['a', 'b', 'c', 'd', 'e'];
const boardNode = (name: string): TreeNode => ({
  kind: 'board',
  board: new Board(name, fakeWorld({}).services, { name: () => name }),
});
const boards = names.map(boardNode);
const [a, b, c, d, e] = boards as [TreeNode, TreeNode, TreeNode, TreeNode, TreeNode];

let now = 0;

function anOrder(...open: TreeNode[]): RedrawOrder {
  const order = new RedrawOrder(() => now);
  order.given(undefined, boards);
  for (const node of open) order.given(node, []);
  return order;
}

describe('rows that are redrawn while several are selected', () => {
  it('include the selected rows below one that is selected, from top to bottom', () => {
    expect(anOrder().together([b], [e, a, b, d])).toEqual([b, d, e]);
    expect(anOrder().together([d, b], boards)).toEqual([b, c, d, e]);
  });

  it('are only the given ones if one row is selected, or if none of those given is', () => {
    expect(anOrder().together([b], [b])).toEqual([b]);
    expect(anOrder().together([b], [a, c])).toEqual([b]);
  });

  it('follow an open row when VS Code has received the rows inside it', () => {
    const order = anOrder(b, d);
    expect(order.together([b], boards)).toEqual([b]);
    expect(order.after(b, boards)).toEqual([c, d]);
    expect(order.after(d, boards)).toEqual([e]);
    expect(order.after(b, [a, c])).toEqual([]);
  });

  it('include those below a row that was closed', () => {
    const order = anOrder(b);
    order.toggled(b, false);
    expect(order.together([b], boards)).toEqual([b, c, d, e]);
    order.toggled(b, true);
    expect(order.together([b], boards)).toEqual([b]);
  });

  it('are drawn again for a range that is selected while VS Code draws them for the selection before', () => {
    const order = anOrder(b);
    expect(order.forRange([a], [a, b, c])).toBe(a);
    expect(order.forRange([a, c], [a, b, c])).toBeUndefined(); // one more with Ctrl
    expect(order.forRange([a, b, c], [a])).toBeUndefined();
    now += 1001;
    expect(order.forRange([a], [a, b, c])).toBeUndefined();
    order.together([b], [a]);
    expect(order.forRange([a], [a, b, c])).toBe(a);
  });

  it('keep rows that are not shown any more', () => {
    const gone = boardNode('gone');
    expect(anOrder().together([gone, b], [a, c])).toEqual([b, gone]);
  });
});
