import type { AgentControl } from '../agent/agentControl';
import type { LogBatch } from '../agent/agentProtocolLog';
import type { Birth, Gone } from '../agent/agentProtocolPresence';
import type { Role } from '../agent/agentProtocolSession';
import type { BoardSource } from '../board/discovery';
import type { Event } from '../events';

/** How to reach one broker. Nothing secret: password and board keys come from {@link BrokerSecrets}. */
export interface BrokerProfile {
  /** Short and stable: part of addresses (`mqtt://ID/uid`). `[a-z0-9-]`. */
  readonly id: string;
  /** What is shown. */
  readonly name: string;
  /** `mqtt://host:1883`, `mqtts://…`, `ws://…/mqtt`, `wss://…/mqtt`. */
  readonly url: string;
  /** First part of all topics; `mpy` unless given (docs/protocol.md section 1). */
  readonly root?: string;
  readonly username?: string;
  /** PEM files: a certificate authority of one's own, a client certificate and its key. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Prefix of boards that run the original mqboard, where there are any. */
  readonly legacyPrefix?: string;
}

/** Where passwords and keys come from: SecretStorage in the editor, the environment on the command line. */
export interface BrokerSecrets {
  /** Undefined: log in without one. `wrong`: what was given last was refused. */
  password(profile: BrokerProfile, wrong: boolean): Promise<string | undefined>;
  /** The strongest key that is known for a board: 32 bytes. Undefined: only open mode is possible. */
  boardKey(uid: string): Promise<{ role: Role; key: Uint8Array } | undefined>;
}

export type BrokerState =
  | { readonly tag: 'off' }
  | { readonly tag: 'connecting' }
  | { readonly tag: 'online'; readonly protocol: 4 | 5 }
  | { readonly tag: 'offline'; readonly error: Error };

/** What a board said of itself last. */
export interface Presence {
  readonly uid: string;
  readonly state: Birth | Gone;
}

export interface BoardLog {
  readonly uid: string;
  readonly batch: LogBatch;
}

/** A message of `R/<uid>/ev` or `tm`: one JSON object, bounded. */
export interface BoardMessage {
  readonly uid: string;
  readonly topic: 'ev' | 'tm' | 'cfgr';
  readonly data: Readonly<Record<string, unknown>>;
}

/** One connection to a broker, shared by its boards. */
export interface Broker {
  readonly profile: BrokerProfile;
  readonly state: BrokerState;
  readonly onDidChangeState: Event<BrokerState>;
  readonly presences: ReadonlyMap<string, Birth | Gone>;
  /** One board came, went or changed. Not coalesced: views take the board source instead. */
  readonly onPresence: Event<Presence>;
  /** Subscribed to only while somebody listens. */
  readonly onLog: Event<BoardLog>;
  readonly onMessage: Event<BoardMessage>;
  connect(signal?: AbortSignal): Promise<void>;
  disconnect(): Promise<void>;
  /** Clears what the broker keeps of a board that is gone for good, where the broker allows that. */
  forget(uid: string): Promise<void>;
}

/** All brokers that are configured: one connection each, shared by their boards. */
export interface BrokerHub {
  readonly all: readonly Broker[];
  /** A broker was added, replaced or removed. */
  readonly onDidChange: Event<undefined>;
  get(id: string): Broker | undefined;
  /** Adds or replaces a broker; nothing is connected by that. */
  set(profile: BrokerProfile): Broker;
  remove(id: string): void;
  /** The boards of a broker, for the fleet. */
  source(id: string): BoardSource | undefined;
  /** Boards there that run the original mqboard. */
  legacySource(id: string): BoardSource | undefined;
  /** The agent of a board behind the broker; undefined when there is no such broker. */
  agent(id: string, uid: string): AgentControl | undefined;
}
