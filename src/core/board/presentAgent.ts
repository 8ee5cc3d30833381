import type { MqttAddress } from '../address';
import type { Board } from './board';

/** Returns the address of the board's agent at a broker if it is connected now. */
export function presentAgent(board: Pick<Board, 'links'>): MqttAddress | undefined {
  for (const { found, present } of board.links) {
    if (present && found.address.kind === 'mqtt') return found.address;
  }
  return undefined;
}
