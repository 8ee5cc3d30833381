import * as l10n from '@vscode/l10n';
/** Signing and sessions of the agent protocol, host side (docs/protocol.md sections 4 and 8). */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import {
  type DecodedFrame,
  type Frame,
  type ProtocolVersion,
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
import { GROUP_KEY_BYTES, hmac, withLength } from './agentMacs';
import { FrameCipher } from './frameCipher';
import { ReplayWindow } from './replayWindow';

export type Role = 'viewer' | 'operator' | 'admin';

const KEY_BYTES = 32;
const SEAL_BYTES = 32;
const PRINT_BYTES = 8;

/** What a session needs from the board's birth message and from the user. */
export interface SessionParams {
  readonly uid: string;
  readonly cid: string;
  /** The board's protocol version; default 2. */
  readonly proto?: ProtocolVersion;
  /** From the birth: 8 and 32 hex characters. */
  readonly boot: string;
  readonly nonce: string;
  /** Of the key: `admin`, or `operator:ann`. */
  readonly role: string;
  /** 32 bytes; undefined only for boards in open mode. */
  readonly key: Uint8Array | undefined;
  /** Ask the board to encrypt this session. One that cannot says so in its signed answer. */
  readonly encrypt?: boolean;
  /** For tests: the host's nonce, 16 bytes. */
  readonly hostNonce?: Uint8Array;
}

/** Why a received message was not accepted as a frame of this session. */
export type Rejected = 'duplicate' | 'unsigned' | 'forged' | 'notOpen';

/**
 * One signed (or open) session with one boot of one board. Encodes and verifies messages; does no
 * I/O.
 */
export class AgentSession {
  readonly boot: string;
  readonly proto: ProtocolVersion;
  private readonly aux: number;
  private readonly hostNonce: Uint8Array;
  private sessionKey: Buffer | undefined;
  private ciphers: { readonly host: FrameCipher; readonly board: FrameCipher } | undefined;
  private counter = 0;
  private window = new ReplayWindow();
  private opened = false;

  constructor(private readonly params: SessionParams) {
    if (params.key && params.key.length !== KEY_BYTES) {
      throw new ProtocolError(
        l10n.t(
          "a board's key must have {0} bytes, but this one has {1}",
          KEY_BYTES,
          params.key.length,
        ),
      );
    }
    this.boot = params.boot;
    this.proto = params.proto ?? 2;
    this.aux = parseInt(params.boot.slice(0, 4), 16);
    this.hostNonce = params.hostNonce ?? randomBytes(16);
  }

  /** A valid answer to HELLO has arrived. */
  get isOpen(): boolean {
    return this.opened;
  }

  /** The board has agreed, in its signed answer to HELLO, to encrypt the payloads of both sides. */
  get isEncrypted(): boolean {
    return this.ciphers !== undefined;
  }

  /** Frames left before the counter is exhausted and a new session is needed. */
  get framesLeft(): number {
    return MAX_U30 - this.counter;
  }

  /**
   * Encodes the HELLO message, which may be sent repeatedly.
   * @param ck the number that the board requests while copies of other HELLOs occupy its slots
   * (section 4)
   */
  hello(reqid: number, ck?: number): Buffer {
    const { key, nonce, role, boot } = this.params;
    const hn = Buffer.from(this.hostNonce).toString('hex');
    const enc = this.asks ? 1 : undefined;
    const payload = Buffer.from(JSON.stringify({ v: [this.proto], role, hn, boot, ck, enc }));
    const rest = { aux: this.aux, counter: 1, payload, flags: key ? Flag.mac : 0 };
    const bytes = encodeFrame(makeFrame(Op.hello, reqid, rest), this.proto);
    this.counter = Math.max(this.counter, 1);
    if (!key) {
      return bytes;
    }
    const about = [...this.about('H'), Buffer.from(nonce, 'hex')];
    if (this.proto === 1) about.push(Buffer.from(this.params.cid));
    return Buffer.concat([bytes, hmac(key, ...about, bytes).subarray(0, TAG_BYTES)]);
  }

  /**
   * Encodes and signs a message with the next counter.
   * @throws ProtocolError before HELLO is answered, or after the last counter
   */
  encode(frame: Frame): Buffer {
    if (!this.opened || this.counter >= MAX_U30) {
      throw new ProtocolError(
        this.opened
          ? l10n.t('the session has no message numbers left')
          : l10n.t('no session with the board is open yet'),
      );
    }
    this.counter += 1;
    const flags = (frame.flags & ~Flag.mac) | (this.sessionKey ? Flag.mac : 0);
    const plain = encodeFrame(
      { ...frame, flags, aux: this.aux, counter: this.counter },
      this.proto,
    );
    const bytes = this.ciphers?.host.encrypt(plain) ?? plain;
    return this.sessionKey ? Buffer.concat([bytes, this.tag('h', bytes)]) : bytes;
  }

  /**
   * Verifies a message from the board. The answer to HELLO opens the session.
   * @returns the frame, or why it was rejected ('unsigned': an ERR that is only advice, see
   * `adviceOf`)
   * @throws ProtocolError when it is not a frame
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
    if (!this.window.accept(decoded.frame.counter)) return 'duplicate';
    if (!this.ciphers) return decoded.frame;
    return { ...decoded.frame, payload: this.ciphers.board.decrypt(decoded.signed) };
  }

  private open(decoded: DecodedFrame): Frame | Rejected {
    if (decoded.frame.op !== Op.ok) {
      return decoded.tag ? 'notOpen' : 'unsigned';
    }
    const { key, nonce, cid } = this.params;
    const about = this.about('S');
    const { bn, enc } = decodeJson(decoded.frame.payload);
    if (typeof bn !== 'string' || !/^[0-9a-f]{32}$/.test(bn)) {
      return 'notOpen';
    }
    const nonces = [Buffer.from(nonce, 'hex'), Buffer.from(bn, 'hex'), this.hostNonce];
    if (this.proto === 1) nonces.push(Buffer.from(cid));
    const sessionKey = key && hmac(key, ...about, ...nonces);
    if (!this.verify(decoded, sessionKey)) {
      return 'forged';
    }
    this.sessionKey = sessionKey;
    if (sessionKey && this.asks && enc === 1) {
      this.ciphers = {
        host: new FrameCipher(sessionKey, 'h'),
        board: new FrameCipher(sessionKey, 'b'),
      };
    }
    this.opened = true;
    this.window.accept(decoded.frame.counter);
    return decoded.frame;
  }

  /** Whether HELLO asks for encryption; a board in open mode has no key for it. */
  private get asks(): boolean {
    return this.params.encrypt === true && this.params.key !== undefined && this.proto === 2;
  }

  /**
   * Returns what a MAC with the role's key covers: its purpose, and in version 2 also the board,
   * the role and this host.
   */
  private about(purpose: 'H' | 'S'): (Uint8Array | string)[] {
    const { uid, role, cid } = this.params;
    if (this.proto === 1) return [purpose === 'H' ? 'H' : 'MPY/1'];
    return [`MPY/2 ${purpose}`, ...[uid, role, cid].map(withLength)];
  }

  private verify(decoded: DecodedFrame, key: Buffer | undefined): boolean {
    if (!key) {
      return !decoded.tag;
    }
    const expected = hmac(key, 'b', decoded.signed).subarray(0, TAG_BYTES);
    return decoded.tag !== undefined && timingSafeEqual(decoded.tag, expected);
  }

  private tag(direction: 'h', bytes: Uint8Array): Buffer {
    if (!this.sessionKey) throw new ProtocolError(l10n.t('no session key is known'));
    return hmac(this.sessionKey, direction, bytes).subarray(0, TAG_BYTES);
  }

  /**
   * Encrypts a text for this board and the request with that id (section 10).
   * @throws ProtocolError for a board in open mode
   */
  seal(plain: string, reqid: number): string {
    if (!this.sessionKey)
      throw new ProtocolError(l10n.t('a board in open mode has no key to encrypt with'));
    const bytes = Buffer.from(plain);
    const about = Buffer.alloc(8);
    about.writeUInt32BE(reqid);
    for (let at = 0; at < bytes.length; at += SEAL_BYTES) {
      about.writeUInt32BE(at, 4);
      const mask = hmac(this.sessionKey, 'cfg', about);
      for (let i = at; i < Math.min(at + SEAL_BYTES, bytes.length); i++) {
        bytes[i] = (bytes[i] ?? 0) ^ (mask[i - at] ?? 0);
      }
    }
    return bytes.toString('hex');
  }

  /**
   * Computes the board's fingerprint of a password in this session (section 10); '' in open mode.
   */
  fingerprint(plain: string): string {
    if (!this.sessionKey) return '';
    return hmac(this.sessionKey, 'print', plain).subarray(0, PRINT_BYTES).toString('hex');
  }

  /**
   * Returns the group key sealed for this board, for `g.k` of PUT; undefined in open mode (section 8).
   */
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
