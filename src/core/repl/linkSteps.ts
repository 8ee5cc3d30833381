import type { Address } from '../address';
import type { Clock } from '../async';
import type { Heard } from './heard';
import type { PromptTracker } from './rawReplPrompt';

/** Times and rates of a link to a board's REPL. */
export interface LinkTimes {
  readonly address: Address;
  /** Milliseconds within which the board must answer a step of the protocol. */
  readonly answerMs: number;
  /**
   * Milliseconds within which a board at its prompt answers a key: two trips over the line plus the
   * delay of its timers.
   */
  readonly probeMs: number;
  /** Bytes per second, if the line is the bottleneck. */
  readonly lineRate?: number;
  readonly clock: Clock;
}

/** The operations of a link with which the raw REPL is entered and a program is stopped. */
export interface LinkSteps extends LinkTimes {
  readonly tracker: PromptTracker;
  readonly heard: Heard;
  readonly write: (data: Uint8Array) => Promise<void>;
  /** Whether `check` becomes true within `ms`; it is evaluated whenever bytes arrive. */
  readonly until: (check: () => boolean, ms: number, signal?: AbortSignal) => Promise<boolean>;
  readonly isRaw: () => boolean;
  /** From now on, the raw REPL's banner may arrive; with `passing`, the friendly prompt follows it. */
  readonly listen: (mode: 'entering' | 'passing') => void;
  /** Whether the banner is still awaited after `listen('passing')`. */
  readonly isPassing: () => boolean;
  /** The banner is no longer awaited, but may still come. */
  readonly giveUpBanner: () => void;
  /** Waits until the prompt has followed the raw REPL. @throws TimeoutError */
  readonly left: () => Promise<void>;
}
