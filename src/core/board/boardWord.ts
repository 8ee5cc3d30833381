import type { Board } from './board';
import { stateWord, type StateWord } from './stateWord';

/** Returns the word for the state of a board. */
export function wordOf(board: Pick<Board, 'state' | 'present' | 'crash' | 'asleep'>): StateWord {
  const { state, present, crash, asleep } = board;
  if (asleep?.overslept && state.tag === 'reconnecting') return 'away'; // it is retried when it appears
  return stateWord(state, present, crash !== undefined, asleep?.overslept === false);
}
