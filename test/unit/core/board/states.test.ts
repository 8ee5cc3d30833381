import { describe, expect, it } from 'vitest';
import { filterBoards } from '../../../../src/core/many/grouping';
import { selectBoards } from '../../../../src/core/many/selector';
import { selectableOf } from '../../../../src/core/many/selectableBoard';
import { STATE_WORDS, stateWord } from '../../../../src/core/board/stateWord';
import { Board } from '../../../../src/core/board/board';
import { fakeWorld } from '../../rig/fakeBoard';

const named = (name: string, state: string) => ({
  ...{ name, state, addresses: [], tags: [], brokers: [] },
});

describe('the word for a state', () => {
  it('is the same in the tree and in filters', () => {
    const unknown = { tagsOf: () => [], lentTo: () => undefined };
    const board = new Board('b', fakeWorld({}).services, { name: () => 'kitchen' });
    expect(selectableOf(unknown, board).state).toBe('away');
    expect(STATE_WORDS).toContain(stateWord(board.state, board.present));
  });

  it.each([
    ['idle', true, false, 'ready'],
    ['idle', true, true, 'crashed'],
    ['online', true, true, 'crashed'],
    ['busy', true, true, 'busy'],
    ['disconnected', true, false, 'not connected'],
    ['disconnected', false, true, 'away'],
  ] as const)('of %s (present: %s, crashed: %s) is %s', (tag, present, crashed, word) => {
    expect(stateWord({ tag }, present, crashed)).toBe(word);
  });

  it('is accepted by state:, as are the words of earlier versions', () => {
    const boards = [named('a', 'ready'), named('b', 'away'), named('c', 'not connected')];
    const chosen = (text: string) => selectBoards(text, boards).boards.map((b) => b.name);
    expect(['state:ready', 'state:idle', 'state:away', 'state:offline'].map(chosen)).toEqual([
      ...[['a'], ['a'], ['b'], ['b']],
    ]);
    expect(chosen('state:not-connected')).toEqual(['c']);
    expect(filterBoards(boards, 'state:ready').map((b) => b.name)).toEqual(['a']);
    expect(filterBoards(boards, 'offline').map((b) => b.name)).toEqual(['b']);
  });
});

describe('a board whose program crashes', () => {
  it('counts its crashes until it is healthy again', () => {
    const board = new Board('b', fakeWorld({}).services, { name: () => 'kitchen' });
    board.noteCrash('ValueError: one');
    board.noteCrash('ValueError: two');
    expect(board.crash).toEqual({ count: 2, last: 'ValueError: two' });
    board.noteCrash(undefined);
    expect(board.crash).toBeUndefined();
  });
});
