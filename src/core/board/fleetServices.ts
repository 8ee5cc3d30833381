import type { Board } from './board';
import type { BoardServices } from './boardServices';
import type { Found } from './discovery';
import type { KnownBoards } from './knownBoards';

/** Services that the fleet depends on. */
export interface FleetServices extends BoardServices {
  readonly known: KnownBoards;
  /**
   * If true, a board that has reported its id but has no name is permanently named
   * `<platform>-<n>`.
   */
  readonly namesBoards?: boolean;
  /** Returns whether to connect (passively) to a newly found board without being asked. */
  shouldAutoConnect(board: Board, found: Found): boolean;
}

/** `from` turned out to be the same board as `into` and has been removed from the tree. */
export interface Merge {
  readonly from: Board;
  readonly into: Board;
}
