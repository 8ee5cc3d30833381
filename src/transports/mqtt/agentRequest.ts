import type { Birth, BoardKey, Frame, Gone, OpCode } from '../../core/agent';
import type { Encryption } from '../../core/broker/broker';
import type { Clock } from '../../core/async';
import type { Disposable } from '../../core/events';
import type { Log } from '../../core/log';

/** What a client needs from its broker. */
export interface AgentIo {
  readonly uid: string;
  readonly cid: string;
  readonly log: Log;
  readonly clock?: Clock;
  /** Returns the user's name for the board, for messages; undefined: the board's own name, or its uid. */
  name?(): string | undefined;
  birth(): Birth | Gone | undefined;
  /** `raw`: the original message with its tags. */
  onPresence(listener: (state: Birth | Gone, raw?: Uint8Array) => void): Disposable;
  key(): Promise<BoardKey | undefined>;
  /** Default: off. */
  readonly encrypt?: Encryption;
  publish(payload: Uint8Array, qos: 0 | 1): Promise<void>;
}

/** The state of one open request. */
export interface Exchange {
  readonly reqid: number;
  /**
   * Sends a frame of this request. If it is lost because the broker is away, the protocol requests
   * it again.
   */
  readonly post: (op: OpCode, rest?: Partial<Frame>, qos?: 0 | 1) => void;
  /** Ends the request from this side. */
  readonly finish: (frame: Frame) => void;
  readonly fail: (error: Error) => void;
}

/** How a request is sent, and who receives its frames. */
export interface RequestOptions {
  /** The path of the request, for errors. */
  readonly about?: string;
  readonly signal?: AbortSignal;
  readonly reqid?: number;
  readonly flags?: number;
  readonly offset?: number;
  /** Receives every frame of the request that does not end it. */
  readonly onFrame?: (frame: Frame, exchange: Exchange) => void;
  /** Called after a silence instead of repeating the request's first frame. */
  readonly onSilence?: (exchange: Exchange) => void;
  /** Aborting sends CANCEL (or this operation) and then rejects immediately. */
  readonly cancelWith?: OpCode;
  /**
   * Whether a frame only shows that the board is working; it does not reset the repeat interval.
   */
  readonly isSignOfLife?: (frame: Frame) => boolean;
  /** Silence does not end the request while this returns true. */
  readonly isPatient?: () => boolean;
}
