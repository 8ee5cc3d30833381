import type { AgentControl, Birth, Gone, LogBatch, MessageBatch, BoardKey } from '../agent';
import type { BoardSource } from '../board';
import type { Disposable, Event } from '../events';
import type { TopicMessage } from '../topics';

/**
 * Whether to encrypt frames between this computer and boards, even if the broker has no TLS
 * (docs/protocol.md section 4): never, with boards that support it, or always, in which case other
 * boards are refused.
 */
export type Encryption = 'off' | 'preferred' | 'required';

/**
 * How to reach one broker. Contains no secrets: password and board keys come from {@link
 * BrokerSecrets}.
 */
export interface BrokerProfile {
  /** Short and stable: part of addresses (`mqtt://ID/uid`). `[a-z0-9-]`. */
  readonly id: string;
  /** The displayed name. */
  readonly name: string;
  /** `mqtt://host:1883`, `mqtts://…`, `ws://…/mqtt`, `wss://…/mqtt`. */
  readonly url: string;
  /** The address that boards use for this broker if it differs from `url`: another listener or another name. */
  readonly boardUrl?: string;
  /** First level of all topics; default `mpy` (docs/protocol.md section 1). */
  readonly root?: string;
  readonly username?: string;
  /** PEM files: a private certificate authority, a client certificate and its key. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /**
   * For brokers that accept only certain client ids (AWS IoT); only one connection at a time can
   * use it. Default: generated.
   */
  readonly clientId?: string;
  /** Default: off. */
  readonly encrypt?: Encryption;
  /** Prefix of boards with the original mqboard, if there are any. */
  readonly legacyPrefix?: string;
}

/**
 * Source of passwords and keys: SecretStorage in the editor, the environment on the command line.
 */
export interface BrokerSecrets {
  /**
   * Returns the password for a broker. Undefined: log in without a password. `wrong`: the last
   * password was rejected.
   */
  password(profile: BrokerProfile, wrong: boolean): Promise<string | undefined>;
  /**
   * Returns the key with the most rights for a board: 32 bytes. Undefined: only open mode is
   * possible.
   */
  boardKey(uid: string): Promise<BoardKey | undefined>;
  /**
   * Returns whether the user accepts this board in open mode at this broker. The board's identity is not proved: anyone who may
   * publish at the broker can claim its id. Without this function all boards are accepted, for programs that name board and broker
   * in each call.
   */
  acceptsOpen?(profile: BrokerProfile, uid: string): Promise<boolean>;
  /** Returns the user's name for a board, which messages use; undefined: it has none here. */
  nameOf?(uid: string): string | undefined;
}

export type BrokerState =
  | { readonly tag: 'off' }
  | { readonly tag: 'connecting' }
  | { readonly tag: 'online'; readonly protocol: 4 | 5 }
  | { readonly tag: 'offline'; readonly error: Error };

/** A board's latest presence. */
export interface Presence {
  readonly uid: string;
  readonly state: Birth | Gone;
  /** The original message with its tags; a message without tags may come from anyone. */
  readonly raw?: Uint8Array;
}

/** Log records from a board. */
export interface BoardLog {
  readonly uid: string;
  readonly batch: LogBatch;
}

/** Messages from a board's app. */
export interface AppMessages {
  readonly uid: string;
  readonly batch: MessageBatch;
}

/** A message of `R/<uid>/ev` or `tm`: one JSON object, bounded. */
export interface BoardMessage {
  readonly uid: string;
  readonly topic: 'ev' | 'tm' | 'cfgr';
  readonly data: Readonly<Record<string, unknown>>;
}

/** Topics of a broker that users name themselves. */
export interface UserTopics {
  /**
   * Publishes a message on any topic that the broker allows.
   * @throws UsageError for an invalid topic, ConnectionLostError
   */
  publish(topic: string, payload: Uint8Array, options: { readonly retain: boolean }): Promise<void>;
  /**
   * Watches topics until the result is disposed.
   * @param onRefused the broker does not allow this client to read them
   * @throws UsageError for an invalid filter
   */
  watch(
    filter: string,
    onMessage: (message: TopicMessage) => void,
    onRefused: () => void,
  ): Disposable;
}

/** One connection to a broker, shared by its boards. */
export interface Broker {
  readonly profile: BrokerProfile;
  readonly state: BrokerState;
  readonly onDidChangeState: Event<BrokerState>;
  readonly presences: ReadonlyMap<string, Birth | Gone>;
  /**
   * One board appeared, disappeared or changed. Not coalesced; views use the board source instead.
   */
  readonly onPresence: Event<Presence>;
  /** Subscribed only while there is a listener. */
  readonly onLog: Event<BoardLog>;
  readonly onMessage: Event<BoardMessage>;
  readonly onAppMessages: Event<AppMessages>;
  /** Topics of the user's own. */
  readonly topics: UserTopics;
  connect(signal?: AbortSignal): Promise<void>;
  disconnect(): Promise<void>;
  /** Deletes the retained messages of a board that will not return, if the broker allows it. */
  forget(uid: string): Promise<void>;
}

/** All configured brokers, with one connection each, shared by their boards. */
export interface BrokerHub {
  readonly all: readonly Broker[];
  /** A broker was added, replaced or removed. */
  readonly onDidChange: Event<undefined>;
  get(id: string): Broker | undefined;
  /** Adds or replaces a broker without connecting it. */
  set(profile: BrokerProfile): Broker;
  remove(id: string): void;
  /** Returns the boards of a broker, for the fleet. */
  source(id: string): BoardSource | undefined;
  /** Returns the broker's boards with the original mqboard. */
  legacySource(id: string): BoardSource | undefined;
  /** Returns the agent of a board on the broker; undefined if there is no such broker. */
  agent(id: string, uid: string): AgentControl | undefined;
}
