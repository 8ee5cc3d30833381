import code from '../../../board/snippets/blink.py';
import { text } from '../bytes';
import type { Board } from './board';

/**
 * Blinks the board's LED for three seconds.
 * @param options.led its pin (number or name) from the board's configuration; undefined: the LED
 * that the firmware names
 * @returns false if neither names an LED, in which case nothing happens
 */
export async function blink(
  board: Pick<Board, 'exec'>,
  job: string,
  { led = '', signal }: { led?: string | undefined; signal?: AbortSignal | undefined } = {},
): Promise<boolean> {
  const printed = await board.exec(`given = ${JSON.stringify(led)}\n${code}`, { job, signal });
  return text(printed).trim() === 'True';
}
