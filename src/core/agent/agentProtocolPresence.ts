/** What a board publishes of itself: birth, will (docs/protocol.md section 2). Everything is checked and bounded. */
import { MAX_MTU, decodeJson } from './agentProtocol';
import { ProtocolError } from '../errors';

export interface Birth {
  readonly on: true;
  readonly proto: number;
  readonly agent: string;
  readonly slot: string;
  readonly fw: string;
  readonly platform: string;
  readonly machine: string;
  /** sys.implementation._mpy, 0 where .mpy files cannot be loaded. */
  readonly mpy: number;
  readonly name: string;
  readonly tags: readonly string[];
  readonly boot: string;
  readonly nonce: string;
  readonly mode: 'signed' | 'open';
  readonly roles: readonly string[];
  readonly state: 'idle' | 'exec' | 'app' | 'ota';
  readonly reset: string;
  /** Largest payload in bytes, and how many DATA frames may be unacknowledged. */
  readonly mtu: number;
  readonly win: number;
  readonly caps: ReadonlySet<string>;
  readonly free: number;
  readonly fs: { readonly total: number; readonly free: number } | undefined;
  readonly safe: boolean;
  readonly trial: boolean;
  readonly why: string;
}

export interface Gone {
  readonly on: false;
  readonly boot: string;
  /** Empty: the broker says so (last will); else `stopped`, `reset`, `removed`. */
  readonly why: string;
}

/** A presence message is never longer than this. */
export const MAX_PRESENCE_BYTES = 4096;
const MAX_TEXT = 64;
const MAX_LIST = 32;
const STATES = ['idle', 'exec', 'app', 'ota'] as const;

const str = (value: unknown): string => (typeof value === 'string' ? value.slice(0, MAX_TEXT) : '');
const list = (value: unknown): string[] =>
  Array.isArray(value) ? value.slice(0, MAX_LIST).map(str).filter(Boolean) : [];
const num = (value: unknown, low: number, high: number, otherwise: number): number =>
  typeof value === 'number' && Number.isInteger(value)
    ? Math.min(Math.max(value, low), high)
    : otherwise;
const hexText = (value: unknown, length: number): string => {
  const found = str(value);
  if (found.length !== length || !/^[0-9a-f]+$/.test(found)) {
    throw new ProtocolError('the board announced itself without a proper boot id or nonce');
  }
  return found;
};
const space = (value: unknown): Birth['fs'] => {
  const [total, free] = Array.isArray(value) ? (value as unknown[]) : [];
  const most = Number.MAX_SAFE_INTEGER;
  const size = num(total, 0, most, -1);
  return size < 0 ? undefined : { total: size, free: num(free, 0, most, 0) };
};

/**
 * Reads a message of the `st` topic. An empty one (retained message cleared) is for the caller to see first.
 * @throws ProtocolError when it is not what section 2 says
 */
export function parsePresence(payload: Uint8Array): Birth | Gone {
  if (payload.length > MAX_PRESENCE_BYTES) {
    throw new ProtocolError(`presence message of ${payload.length} bytes`);
  }
  const o = decodeJson(payload);
  if (o.on !== 1) {
    return { on: false, boot: str(o.boot), why: str(o.why) };
  }
  return {
    on: true,
    proto: num(o.proto, 0, 255, 0),
    ...{ agent: str(o.agent), slot: str(o.slot), fw: str(o.fw), why: str(o.why) },
    ...{ platform: str(o.platform), machine: str(o.machine), name: str(o.name) },
    mpy: num(o.mpy, 0, 0xffffffff, 0),
    tags: list(o.tags),
    boot: hexText(o.boot, 8),
    nonce: hexText(o.nonce, 32),
    // Anything but the explicit word means signed: a forged birth must not talk a host out of signing.
    mode: o.mode === 'open' ? 'open' : 'signed',
    roles: list(o.roles),
    state: STATES.find((s) => s === o.state) ?? 'idle',
    reset: str(o.reset),
    mtu: num(o.mtu, 128, MAX_MTU, 512),
    win: num(o.win, 1, 256, 4),
    caps: new Set(list(o.caps)),
    free: num(o.free, 0, Number.MAX_SAFE_INTEGER, 0),
    fs: space(o.fs),
    safe: o.safe === 1,
    trial: o.trial === 1,
  };
}

/** The parts of a topic below the root, or undefined when it is none of ours. */
export function parseTopic(
  root: string,
  topic: string,
): { uid: string; leaf: string; cid: string | undefined } | undefined {
  if (!topic.startsWith(`${root}/`)) {
    return undefined;
  }
  const [uid = '', leaf = '', cid, ...more] = topic.slice(root.length + 1).split('/');
  return /^[0-9a-f]{2,64}$/.test(uid) && leaf && more.length === 0 ? { uid, leaf, cid } : undefined;
}
