import type { BrokerProfile, BrokerSecrets } from '../broker/broker';
import type { Event } from '../events';
import type { Log } from '../log';
import type { SharedFacts, SharedLine } from './sharedLine';

/** Everything that sharing a board requires. */
export interface ShareOptions {
  readonly profile: BrokerProfile;
  /** The password of the login in the profile. */
  readonly secrets: Pick<BrokerSecrets, 'password'>;
  readonly adminKey: Uint8Array;
  readonly facts: SharedFacts;
  readonly line: SharedLine;
  readonly log: Log;
}

/** Why the sharing has ended: it was stopped here, or the link to the board has ended. */
export type ShareEnd = 'stopped' | 'unplugged';

/** A board that colleagues reach through a broker while this exists. */
export interface Share {
  /** Fired once. */
  readonly onDidEnd: Event<ShareEnd>;
  /** Announces the end and ends the sharing. The program on the board and the link continue. */
  stop(): Promise<void>;
}

/** Shares a board; loads the code for it. @throws ConnectError */
export type StartShare = (options: ShareOptions, signal: AbortSignal) => Promise<Share>;
