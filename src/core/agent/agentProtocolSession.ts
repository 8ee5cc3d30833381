/** Signing and sessions of the agent protocol, host side (docs/protocol.md sections 4 and 8). */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  type DecodedFrame,
  type Frame,
  Flag,
  MAX_U30,
  Op,
  TAG_BYTES,
  decodeFrame,
  decodeJson,
  encodeFrame,
  makeFrame,
} from './agentProtocol';
import { ProtocolError } from '../errors';

export type Role = 'viewer' | 'operator' | 'admin';

/** How many counters below the highest may still come: frames are reordered by brokers now and then. */
const WINDOW = 24;
const KEY_BYTES = 32;
const GROUP_KEY_BYTES = 16;

/** HMAC-SHA256 over the parts. */
export function hmac(key: Uint8Array, ...parts: (Uint8Array | string)[]): Buffer {
  const mac = createHmac('sha256', key);
  for (const part of parts) {
    mac.update(part);
  }
  return mac.digest();
}

/** Remembers which counters have come, so that a copy or a replay is seen (section 4). */
export class ReplayWindow {
  private highest = 0;
  private seen = 0;

  /** True the first time that `counter` comes and is not too far behind. */
  accept(counter: number): boolean {
    const ahead = counter - this.highest;
    if (counter < 1 || counter > MAX_U30 || ahead < -WINDOW) {
      return false;
    }
    if (ahead > 0) {
      this.seen = ahead > WINDOW ? 1 : ((this.seen << ahead) | 1) & (2 ** (WINDOW + 1) - 1);
      this.highest = counter;
      return true;
    }
    const bit = 1 << -ahead;
    if (this.seen & bit) {
      return false;
    }
    this.seen |= bit;
    return true;
  }
}

/** What a session needs from the board's birth message and from the user. */
export interface SessionParams {
  readonly cid: string;
  /** From the birth: 8 hex and 32 hex characters. */
  readonly boot: string;
  readonly nonce: string;
  readonly role: Role;
  /** 32 bytes; undefined only for boards in open mode. */
  readonly key: Uint8Array | undefined;
  /** For tests: the host's nonce, 16 bytes. */
  readonly hostNonce?: Uint8Array;
}

/** Why a received message was not taken as a frame of this session. */
export type Rejected = 'duplicate' | 'unsigned' | 'forged' | 'notOpen';

/** One signed (or open) conversation with one boot of one board. Makes messages, checks messages; does no I/O. */
export class AgentSession {
  readonly boot: string;
  private readonly aux: number;
  private readonly hostNonce: Uint8Array;
  private sessionKey: Buffer | undefined;
  private counter = 0;
  private window = new ReplayWindow();
  private opened = false;

  constructor(private readonly params: SessionParams) {
    if (params.key && params.key.length !== KEY_BYTES) {
      throw new ProtocolError(
        `a board's key has ${KEY_BYTES} bytes, this one ${params.key.length}`,
      );
    }
    this.boot = params.boot;
    this.aux = parseInt(params.boot.slice(0, 4), 16);
    this.hostNonce = params.hostNonce ?? randomBytes(16);
  }

  /** HELLO has been answered rightly. */
  get isOpen(): boolean {
    return this.opened;
  }

  /** Frames left before the counter ends and a new session must be made. */
  get framesLeft(): number {
    return MAX_U30 - this.counter;
  }

  /** The HELLO message. May be sent again as it is. */
  hello(reqid: number): Buffer {
    const { key, nonce, cid, role, boot } = this.params;
    const hn = Buffer.from(this.hostNonce).toString('hex');
    const payload = Buffer.from(JSON.stringify({ v: [1], role, hn, boot }));
    const rest = { aux: this.aux, counter: 1, payload, flags: key ? Flag.mac : 0 };
    const bytes = encodeFrame(makeFrame(Op.hello, reqid, rest));
    this.counter = Math.max(this.counter, 1);
    if (!key) {
      return bytes;
    }
    const tag = hmac(key, 'H', Buffer.from(nonce, 'hex'), cid, bytes).subarray(0, TAG_BYTES);
    return Buffer.concat([bytes, tag]);
  }

  /** A message with the next counter, signed. @throws ProtocolError before HELLO is answered, or past the last counter */
  encode(frame: Frame): Buffer {
    if (!this.opened || this.counter >= MAX_U30) {
      throw new ProtocolError(this.opened ? 'session used up' : 'no session with the board yet');
    }
    this.counter += 1;
    const flags = (frame.flags & ~Flag.mac) | (this.sessionKey ? Flag.mac : 0);
    const bytes = encodeFrame({ ...frame, flags, aux: this.aux, counter: this.counter });
    return this.sessionKey ? Buffer.concat([bytes, this.tag('h', bytes)]) : bytes;
  }

  /**
   * Checks a message from the board. The answer to HELLO opens the session.
   * @returns the frame, or why it does not count ('unsigned': an ERR that is advice only, see `adviceOf`)
   * @throws ProtocolError when it is no frame at all
   */
  decode(message: Uint8Array, mtu?: number): Frame | Rejected {
    const decoded = decodeFrame(message, mtu);
    if (!this.opened) {
      return this.open(decoded);
    }
    const advice = decoded.frame.op === Op.err && decoded.frame.counter === 0;
    if (!decoded.tag && (this.sessionKey || advice)) {
      return 'unsigned';
    }
    if (!this.verify(decoded, this.sessionKey)) {
      return 'forged';
    }
    return this.window.accept(decoded.frame.counter) ? decoded.frame : 'duplicate';
  }

  private open(decoded: DecodedFrame): Frame | Rejected {
    if (decoded.frame.op !== Op.ok) {
      return decoded.tag ? 'notOpen' : 'unsigned';
    }
    const { key, nonce, cid } = this.params;
    const bn = decodeJson(decoded.frame.payload).bn;
    if (typeof bn !== 'string' || !/^[0-9a-f]{32}$/.test(bn)) {
      return 'notOpen';
    }
    const nonces = [Buffer.from(nonce, 'hex'), Buffer.from(bn, 'hex'), this.hostNonce];
    const sessionKey = key && hmac(key, 'MPY/1', ...nonces, cid);
    if (!this.verify(decoded, sessionKey)) {
      return 'forged';
    }
    this.sessionKey = sessionKey;
    this.opened = true;
    this.window.accept(decoded.frame.counter);
    return decoded.frame;
  }

  private verify(decoded: DecodedFrame, key: Buffer | undefined): boolean {
    if (!key) {
      return !decoded.tag;
    }
    const expected = hmac(key, 'b', decoded.signed).subarray(0, TAG_BYTES);
    return decoded.tag !== undefined && timingSafeEqual(decoded.tag, expected);
  }

  private tag(direction: 'h', bytes: Uint8Array): Buffer {
    if (!this.sessionKey) {
      throw new ProtocolError('no session key');
    }
    return hmac(this.sessionKey, direction, bytes).subarray(0, TAG_BYTES);
  }

  /** The group key, sealed for this board; goes into PUT as `g.k`. Undefined in open mode (section 8). */
  sealGroupKey(groupKey: Uint8Array, reqid: number): string | undefined {
    if (!this.sessionKey) {
      return undefined;
    }
    const id = Buffer.alloc(4);
    id.writeUInt32BE(reqid);
    const mask = hmac(this.sessionKey, 'group', id).subarray(0, GROUP_KEY_BYTES);
    return Buffer.from(groupKey.map((b, i) => b ^ (mask[i] ?? 0))).toString('hex');
  }
}

/** A fresh key for one group push. */
export function makeGroupKey(): Buffer {
  return randomBytes(GROUP_KEY_BYTES);
}

/** A DATA message for a group topic (section 8). `groupKey` undefined: to boards in open mode. */
export function encodeGroupFrame(frame: Frame, groupKey: Uint8Array | undefined): Buffer {
  const flags = (frame.flags & ~Flag.mac) | (groupKey ? Flag.mac : 0);
  const bytes = encodeFrame({ ...frame, flags, aux: 0 });
  if (!groupKey) {
    return bytes;
  }
  return Buffer.concat([bytes, hmac(groupKey, 'g', bytes).subarray(0, TAG_BYTES)]);
}

/** `mac` of a retained desired configuration (section 10). */
export function configMac(adminKey: Uint8Array, uid: string, v: number, set: string): string {
  return hmac(adminKey, 'cfg', uid, String(v), ':', set).toString('hex');
}
