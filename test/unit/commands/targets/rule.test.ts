import { describe, expect, it } from 'vitest';
import {
  fits,
  targetOf,
  type Situation,
  type Verdict,
} from '../../../../src/commands/targets/rule';
import type { Board } from '../../../../src/core/board/board';
import type { BoardState } from '../../../../src/core/board/boardState';
import { meantRows, type TreeNode } from '../../../../src/views/tree/nodes';

// The one rule for the target, as a table: from where a command was called x what is selected, focused and chosen x which
// boards are present and connected.

function board(name: string, state: BoardState, present = true): Board {
  const connected = ['idle', 'running', 'connected', 'busy'].includes(state.tag);
  return { name, state, present, ...(connected ? { transport: {} } : {}) } as unknown as Board;
}

const alpha = board('alpha', { tag: 'idle' });
const beta = board('beta', { tag: 'running' });
const gamma = board('gamma', { tag: 'connected' });
const off = board('off', { tag: 'disconnected' });
const away = board('away', { tag: 'disconnected' }, false);
const pulled = board('pulled', { tag: 'reconnecting', attempt: 1 }, false);
const cloud = board('cloud', { tag: 'online' });
const all = [alpha, beta, gamma, off, away, pulled, cloud];

const names = (verdict: Verdict): string => {
  switch (verdict.tag) {
    case 'boards':
      return verdict.boards.map((b) => b.name).join(' ');
    case 'ask': {
      const { why } = verdict;
      const detail = 'name' in why ? ` ${why.name}` : 'count' in why ? ` ${why.count}` : '';
      return `ask ${why.tag}${detail}: ${verdict.candidates.map((b) => b.name).join(' ')}`;
    }
    case 'refuse':
      return `refuse ${verdict.board.name}`;
    case 'ambiguous':
      return 'ambiguous';
    case 'none':
      return `none${verdict.missing === undefined ? '' : ` ${verdict.missing}`}`;
  }
};

const at = (situation: Partial<Situation>): Situation => ({
  clicked: [],
  focused: [],
  ambiguous: false,
  active: undefined,
  missing: undefined,
  boards: all,
  ...situation,
});

describe('a command for one board', () => {
  it.each<[string, Partial<Situation>, string]>([
    ['the clicked row', { clicked: [beta], active: alpha }, 'beta'],
    ['the clicked row of several selected', { clicked: [beta, alpha, gamma] }, 'beta'],
    ['the clicked row before what has the focus', { clicked: [beta], focused: [gamma] }, 'beta'],
    ['a clicked row that is away: no other', { clicked: [away], active: alpha }, 'refuse away'],
    ['the focused board before the active one', { focused: [gamma], active: alpha }, 'gamma'],
    [
      'several selected rows',
      { focused: [alpha, beta], active: alpha },
      'ask severalSelected 2: alpha beta',
    ],
    [
      'several selected rows that are away',
      { focused: [away, pulled], active: alpha },
      'refuse away',
    ],
    ['the clicked one of ambiguous rows', { clicked: [beta, alpha], ambiguous: true }, 'beta'],
    [
      'ambiguous rows that have the focus',
      { focused: [alpha, beta], ambiguous: true },
      'ask severalSelected 2: alpha beta',
    ],
    ['the active board', { active: beta }, 'beta'],
    ['the active board behind a broker', { active: cloud }, 'cloud'],
    [
      'the active board with its cable pulled',
      { active: pulled },
      'ask away pulled: alpha beta cloud gamma off',
    ],
    [
      'the active board with its cable pulled, one other there',
      { active: pulled, boards: [pulled, beta] },
      'ask away pulled: beta',
    ],
    [
      'the active board with its cable pulled, no other there',
      { active: pulled, boards: [pulled, away] },
      'refuse pulled',
    ],
    [
      'the active board, gone from the tree',
      { missing: 'alpha', boards: [beta] },
      'ask away alpha: beta',
    ],
    ['the active board, gone, no other there', { missing: 'alpha', boards: [] }, 'none alpha'],
    [
      'an active address that does not answer, another connected',
      { active: off, boards: [off, beta] },
      'ask notConnected off: off beta',
    ],
    ['an active address, nothing else connected', { active: off, boards: [off, away] }, 'off'],
    ['none chosen, several there', {}, 'ask noneChosen: alpha beta cloud gamma off'],
    ['none chosen, one there', { boards: [beta, away] }, 'beta'],
    ['nothing there', { boards: [] }, 'none'],
    ['only one that is away', { boards: [away] }, 'none'],
  ])('%s', (_, situation, expected) => {
    expect(names(targetOf(at(situation), 'present', false))).toBe(expected);
  });
});

describe('a command for several boards', () => {
  it.each<[string, Partial<Situation>, string]>([
    ['all that are selected, in the order of the tree', { clicked: [beta, alpha] }, 'alpha beta'],
    ['of the selected, those it can work on', { clicked: [beta, away, alpha] }, 'alpha beta'],
    ['none of the selected can be worked on', { clicked: [pulled, away] }, 'refuse pulled'],
    ['the selected rows that have the focus', { focused: [gamma, alpha] }, 'alpha gamma'],
    ['the active board', { active: beta }, 'beta'],
    ['the active board, away', { active: away, boards: [away, beta] }, 'ask away away: beta'],
    ['boards and a file of another one', { clicked: [beta, alpha], ambiguous: true }, 'ambiguous'],
    ['the same with the focus', { focused: [beta, alpha], ambiguous: true }, 'ambiguous'],
  ])('%s', (_, situation, expected) => {
    expect(names(targetOf(at(situation), 'present', true))).toBe(expected);
  });

  it.each<[string, Partial<Situation>, string]>([
    ['several, some of them away', { clicked: [beta, away] }, 'away beta'],
    ['several that have the focus, all away', { focused: [away, pulled] }, 'away pulled'],
    ['one that is away', { clicked: [away] }, 'refuse away'],
    ['the active board, away', { active: away, boards: [away, beta] }, 'ask away away: beta'],
  ])('takes for work that can wait: %s', (_, situation, expected) => {
    expect(names(targetOf(at(situation), 'presentOrLater', true))).toBe(expected);
  });
});

describe('selected rows', () => {
  const row = (kind: string, of: Board, path = '') =>
    ({ kind, board: of, path }) as unknown as TreeNode;
  const group = (...boards: Board[]) => ({ kind: 'group', key: 'lab', boards }) as TreeNode;
  const a = row('board', alpha);
  const b = row('board', beta);
  const file = row('remote', alpha, '/main.py');
  const other = row('remote', alpha, '/lib');
  const note = row('note', alpha);

  it.each<[string, TreeNode[], TreeNode[] | undefined]>([
    ['files of one board: the files', [file, other], [file, other]],
    ['files of two boards: the files', [file, row('remote', beta)], [file, row('remote', beta)]],
    ['a range across an open board: the boards', [a, file, other, note, b], [a, b]],
    ['an open board with its links: the board', [row('link', alpha), a], [a]],
    ['a group and a file of a board in it: the group', [group(alpha), file], [group(alpha)]],
    ['a file of one board and another board: unclear', [file, b], undefined],
    ['a range that begins within a board: unclear', [other, note, b], undefined],
    ['a row without a board', [{ kind: 'otherPorts' }], [{ kind: 'otherPorts' }]],
    ['none', [], []],
  ])('mean %s', (_, rows, expected) => {
    expect(meantRows(rows)).toEqual(expected);
  });
});

describe('what a command needs of a board', () => {
  it('is required of the active board, and no other replaces it', () => {
    expect(names(targetOf(at({ active: away }), 'any', false))).toBe('away');
    expect(names(targetOf(at({ active: alpha }), 'closed', true))).toBe('refuse alpha');
    expect(names(targetOf(at({ active: off, boards: [off, beta] }), 'closed', true))).toBe('off');
    expect(names(targetOf(at({ active: off, boards: [off, beta] }), 'open', false))).toBe(
      'ask notConnected off: beta',
    );
  });

  it('never picks a board that was neither clicked nor chosen', () => {
    for (const which of ['any', 'present', 'presentOrLater', 'open', 'closed'] as const) {
      for (const active of all) {
        for (const many of [false, true]) {
          const verdict = targetOf(at({ active }), which, many);
          if (verdict.tag === 'boards') expect(verdict.boards).toEqual([active]);
          if (verdict.tag === 'boards') expect(fits(active, which)).toBe(true);
        }
      }
    }
  });
});
