import type { Frame, OpCode } from '../../core/agent/agentProtocol';
import type { Birth, Gone } from '../../core/agent/agentProtocolPresence';
import type { Role } from '../../core/agent/agentProtocolSession';
import type { Clock } from '../../core/async';
import type { Disposable } from '../../core/events';
import type { Log } from '../../core/log';

/** What a client needs from its broker. */
export interface AgentIo {
  readonly uid: string;
  readonly cid: string;
  readonly log: Log;
  readonly clock?: Clock;
  birth(): Birth | Gone | undefined;
  onPresence(listener: (state: Birth | Gone) => void): Disposable;
  key(): Promise<{ role: Role; key: Uint8Array } | undefined>;
  publish(payload: Uint8Array, qos: 0 | 1): Promise<void>;
}

/** What belongs to one open request. */
export interface Exchange {
  readonly reqid: number;
  /**
   * Sends a frame that belongs to this request. One that gets lost, for the broker is away, is missed and asked for
   * again by the protocol itself.
   */
  readonly post: (op: OpCode, rest?: Partial<Frame>, qos?: 0 | 1) => void;
  /** Ends the request from this side. */
  readonly finish: (frame: Frame) => void;
  readonly fail: (error: Error) => void;
}

export interface RequestOptions {
  /** The path that the request is about: for errors. */
  readonly about?: string;
  readonly signal?: AbortSignal;
  readonly reqid?: number;
  readonly flags?: number;
  readonly offset?: number;
  /** Every frame of the request that does not end it. */
  readonly onFrame?: (frame: Frame, exchange: Exchange) => void;
  /** Called instead of repeating the request's first frame, when nothing was heard for a while. */
  readonly onSilence?: (exchange: Exchange) => void;
  /** Abort sends CANCEL (or what is given here) and then rejects at once. */
  readonly cancelWith?: OpCode;
  /** A frame that says only that the board is at work: the next question is not asked any sooner for it. */
  readonly isSignOfLife?: (frame: Frame) => boolean;
  /** Silence does not end the request as long as this says so. */
  readonly isPatient?: () => boolean;
}
