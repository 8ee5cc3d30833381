import type { Disposable, Event } from '../events';
import type { BoardResult } from './results';

/** Work on many boards as the results view shows it: one action, or a roll-out. */
export interface ManyJob extends Disposable {
  readonly title: string;
  readonly running: boolean;
  /** Boards that did not answer well can be tried again. */
  readonly canRetry: boolean;
  readonly results: readonly BoardResult[];
  /** A board's row has changed; fired with the board (or what has its id). */
  readonly onDidChange: Event<{ readonly id: string }>;
  cancel(): void;
}
