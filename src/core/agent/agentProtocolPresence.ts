import * as l10n from '@vscode/l10n';
/**
 * Messages in which a board describes itself: birth, will (docs/protocol.md section 2). Everything
 * is validated and bounded.
 */
import { MAX_MTU, decodeJson } from './agentProtocol';
import { withoutTags } from './agentProtocolTags';
import { ProtocolError } from '../errors';
import { isZone } from '../timeZone';

/** How a board describes itself when it connects to the broker. */
export interface Birth {
  readonly on: true;
  readonly proto: number;
  readonly agent: string;
  readonly slot: string;
  readonly fw: string;
  readonly platform: string;
  readonly machine: string;
  /** sys.implementation._mpy; 0 if the board cannot load .mpy files. */
  readonly mpy: number;
  readonly name: string;
  readonly tags: readonly string[];
  readonly boot: string;
  readonly nonce: string;
  readonly mode: 'signed' | 'open';
  readonly roles: readonly string[];
  readonly state: 'idle' | 'exec' | 'app' | 'ota';
  readonly reset: string;
  /** Largest payload in bytes, and the number of DATA frames that may be unacknowledged. */
  readonly mtu: number;
  readonly win: number;
  readonly caps: ReadonlySet<string>;
  readonly free: number;
  readonly fs: { readonly total: number; readonly free: number } | undefined;
  /** Minutes east of UTC; undefined: the configuration names no time zone. */
  readonly zone?: number;
  readonly safe: boolean;
  readonly trial: boolean;
  readonly why: string;
  /** Modules of the board's owner that raised an exception, and the exceptions; empty: none. */
  readonly broken: Readonly<Record<string, string>>;
  /** The number of the last will of this connection; undefined: open mode, or an older agent. */
  readonly will?: number;
  /** The app that was deployed to the board; undefined: the agent is older than 0.5.0. */
  readonly app?: BirthApp;
}

/** The deployed app, as a birth describes it. */
export interface BirthApp {
  /** `NAME/VERSION-HASH`; undefined: none runs. */
  readonly run: string | undefined;
  readonly onTrial: boolean;
  /**
   * A version kept failing, so the board went back to the previous one. A request returns which one
   * failed.
   */
  readonly fellBack: boolean;
  /** The board sleeps between two rounds of its app. */
  readonly sleeps: boolean;
}

/** The retained message of a board that has left the broker, and why. */
export interface Gone {
  readonly on: false;
  readonly boot: string;
  /** Empty: reported by the broker (last will); else `stopped`, `reset`, `removed`, `sleep`. */
  readonly why: string;
  /** How long it sleeps in seconds, and when it fell asleep by its clock, in seconds since 1970 (0: not set). */
  readonly sleep?: { readonly seconds: number; readonly unix: number };
}

/** Maximum length of a presence message in bytes. */
export const MAX_PRESENCE_BYTES = 4096;
/** Longest sleep that a board can announce, in seconds: 10 days. */
const MAX_SLEEP_S = 864_000;
const MAX_TEXT = 64;
const MAX_LIST = 32;
/** Maximum number of failed modules that are read. */
const MAX_BROKEN = 4;
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
    throw new ProtocolError(l10n.t('the board announced itself without a valid boot id or nonce'));
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
 * Parses a message of the `st` topic. The caller must handle the empty message (retained message
 * cleared).
 * @throws ProtocolError when it does not match section 2
 */
export function parsePresence(payload: Uint8Array): Birth | Gone {
  if (payload.length > MAX_PRESENCE_BYTES) {
    throw new ProtocolError(l10n.t('presence message of {0} bytes', payload.length));
  }
  const o = decodeJson(withoutTags(payload));
  if (o.on !== 1) {
    const why = str(o.why);
    const seconds = num(o.for, 0, MAX_SLEEP_S, 0);
    const sleep = { seconds, unix: num(o.u, 0, 0xffffffff, 0) };
    return { on: false, boot: str(o.boot), why, ...(why === 'sleep' ? { sleep } : {}) };
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
    // Every other value means signed: a forged birth must not persuade a host to stop signing.
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
    broken: brokenOf(o.broken),
    ...appOf(o.app),
    ...(typeof o.w === 'number' ? { will: num(o.w, 0, 0xffffffff, 0) } : {}),
    ...(typeof o.tz === 'number' && isZone(o.tz) ? { zone: o.tz } : {}),
  };
}

/**
 * Returns when a board that sleeps wakes up, in milliseconds since 1970: at most its whole sleep from now, since its clock may
 * be wrong.
 * @param now milliseconds since 1970
 */
export function wakesAt({ seconds, unix }: NonNullable<Gone['sleep']>, now: number): number {
  const latest = now + seconds * 1_000;
  return unix > 0 ? Math.min(latest, (unix + seconds) * 1_000) : latest;
}

/** Returns whether a message adds nothing to `before`, what is known about the board. */
export function isLateWill(state: Birth | Gone, before: Birth | Gone | undefined): boolean {
  if (state.on || !before) return false;
  // A board that restarted before the broker noticed its absence has a new boot.
  if (before.on) return before.boot !== state.boot;
  // A board signed off, but the broker missed the end of the connection. The farewell contains
  // more.
  return state.why === '' && before.why !== '' && before.boot === state.boot;
}

function brokenOf(value: unknown): Birth['broken'] {
  if (typeof value !== 'object' || value === null) return {};
  const entries = Object.entries(value).slice(0, MAX_BROKEN);
  return Object.fromEntries(entries.map(([name, cause]) => [str(name), str(cause)]));
}

function appOf(value: unknown): { app?: BirthApp } {
  if (typeof value !== 'object' || value === null) return {};
  const { v, trial, bad, sleep } = value as Record<string, unknown>;
  const app = {
    run: typeof v === 'string' ? v.slice(0, 100) : undefined,
    onTrial: typeof trial === 'number' && trial > 0,
    fellBack: bad === 1,
    sleeps: typeof sleep === 'number' && sleep > 0,
  };
  return { app };
}

/** The board's properties from its signed answer to HELLO. */
export interface Facts extends Pick<Birth, 'agent' | 'slot' | 'mpy' | 'mtu' | 'win' | 'caps'> {
  /** The root of the board's files: `/`, or e.g. `/flash` if nothing is mounted at `/`. */
  readonly home: string;
}

/**
 * Parses the answer to HELLO. A board with protocol 1 signs only the sizes; the other facts come
 * from its birth.
 */
export function parseFacts(answer: Uint8Array, birth: Birth): Facts {
  const o = decodeJson(answer);
  const sizes = { mtu: num(o.mtu, 128, MAX_MTU, 512), win: num(o.win, 1, 256, 4) };
  if (birth.proto < 2) {
    const { agent, slot, mpy, caps } = birth;
    return { ...sizes, agent, slot, mpy, caps, home: '/' };
  }
  return {
    ...sizes,
    ...{ agent: str(o.agent), slot: str(o.slot), mpy: num(o.mpy, 0, 0xffffffff, 0) },
    caps: new Set(list(o.caps)),
    home: /^\/\w+$/.test(str(o.home)) ? str(o.home) : '/',
  };
}

/** Splits a topic below the root; returns undefined for a topic of another protocol. */
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
