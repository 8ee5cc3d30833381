import { utf8 } from '../bytes';
import type { Board } from './board';

/**
 * Shows the prompt of an idle board in its terminals. The board printed it unseen while a session
 * held the board, so Enter makes it print another one. A board behind a broker prints none and is
 * sent nothing. Nothing happens while a program or other work has the board.
 * @throws errors of the link
 */
export async function showPrompt({
  state,
  console,
}: Pick<Board, 'state' | 'console'>): Promise<void> {
  const { stream } = console;
  if (state.tag !== 'idle' || !stream) return;
  if (stream.lineMode) console.prompt(stream.lineMode.prompt());
  else await console.write(utf8('\r'));
}
