import type { Disposable, Event } from '../events';
import type { BoardResult } from './results';

/** Work on many boards as shown in the results view: one action, or a roll-out. */
export interface ManyJob extends Disposable {
  readonly title: string;
  /** The same for the audit: without code that the user typed. */
  readonly auditTitle: string;
  readonly running: boolean;
  /** Boards without a successful result can be retried. */
  readonly canRetry: boolean;
  readonly results: readonly BoardResult[];
  /** A board's row has changed; fired with the board or an object with its id. */
  readonly onDidChange: Event<{ readonly id: string }>;
  cancel(): void;
}
