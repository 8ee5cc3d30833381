import type { Address } from '../address';
import type { Event } from '../events';

/** How the embedded broker is to run. The password is made by us and kept in SecretStorage. */
export interface LocalBrokerOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** Boards in the network may connect too; without it only this computer. */
  readonly lan: boolean;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export type LocalBrokerStatus =
  | { readonly running: false }
  | {
      readonly running: true;
      readonly port: number;
      readonly clients: number;
      /** For this computer. */
      readonly url: string;
      /** For boards in the network; empty when it listens on this computer only. */
      readonly lanUrls: readonly string[];
    };

/** The embedded broker, as views and the command line see it. */
export interface LocalBrokerControl {
  readonly status: LocalBrokerStatus;
  readonly onDidChange: Event<LocalBrokerStatus>;
  start(options: LocalBrokerOptions): Promise<LocalBrokerStatus>;
  stop(): Promise<void>;
}

/** Profile id of the embedded broker: its boards are `mqtt://local/UID`. */
export const LOCAL_BROKER_ID = 'local';

export const localBrokerAddress: Address = {
  kind: 'mqtt',
  text: `mqtt://${LOCAL_BROKER_ID}`,
  rest: LOCAL_BROKER_ID,
};
