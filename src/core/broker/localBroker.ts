import { mqttAddress } from '../parseAddress';
import type { Event } from '../events';

/** Options of the embedded broker. Its secrets are generated and stored in SecretStorage. */
export interface LocalBrokerOptions {
  /** 0: any free port. */
  readonly port: number;
  /** The computers' login, with access to every topic. */
  readonly username: string;
  readonly password: string;
  /**
   * Boards use logins that {@link boardLogin} derives from this, each limited to its own topics.
   */
  readonly boardSecret?: string;
  /**
   * Proves to any client that the broker knows `boardSecret`, so that the user's other windows can join it. Only for a generated
   * secret: from the proof of a password, anyone who reaches the port could test guesses without limit.
   */
  readonly provesSecret?: boolean;
  /**
   * The login that all boards shared in earlier versions. Each board is limited to its own topics
   * by its client id.
   */
  readonly common?: {
    readonly username: string;
    readonly password: string;
    /** The board already has its own login, so the shared one is no longer valid for it. */
    isRetired(uid: string): boolean;
  };
  /** A board has logged in with its own login. */
  readonly onOwnLogin?: (uid: string) => void;
  /** First level of the boards' topics; default `mpy`. */
  readonly root?: string;
  /** Also accept boards on the network; otherwise only this computer. */
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
      /** The URL for this computer. */
      readonly url: string;
      /** URLs for boards on the network; empty if the broker accepts only this computer. */
      readonly lanUrls: readonly string[];
    };

/** The embedded broker as used by views and the command line. */
export interface LocalBrokerControl {
  readonly status: LocalBrokerStatus;
  readonly onDidChange: Event<LocalBrokerStatus>;
  start(options: LocalBrokerOptions): Promise<LocalBrokerStatus>;
  stop(): Promise<void>;
  /**
   * Returns whether the program on this local port is a broker with that `boardSecret`. The program
   * learns nothing.
   */
  isOurs(port: number, boardSecret: string, tls: boolean): Promise<boolean>;
}

/** Profile id of the embedded broker; its boards are `mqtt://local/UID`. */
export const LOCAL_BROKER_ID = 'local';

/** The address of the embedded broker; board addresses begin with it. */
export const localBrokerAddress = mqttAddress(LOCAL_BROKER_ID);

/**
 * Returns the mDNS name by which boards find this computer after its address has changed (ESP32 and RP2 look such names up).
 * @param hostname as the operating system returns it, with or without a domain
 * @returns undefined if the name is not valid in mDNS
 */
export function nameOnNetwork(hostname: string): string | undefined {
  const [label = ''] = hostname.toLowerCase().split('.');
  const isName = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label) && !/^\d+$/.test(label);
  return isName && label !== 'localhost' ? `${label}.local` : undefined;
}
