import { randomBytes, timingSafeEqual } from 'node:crypto';
import {
  type DecodedFrame,
  decodeJson,
  encodeFrame,
  Flag,
  type Frame,
  hmac,
  keyForRole,
  MAX_U30,
  ReplayWindow,
  type Role,
  ROLES,
  signMessage,
  TAG_BYTES,
  withLength,
} from '../../core/agent';
import type { Clock } from '../../core/async';
import { Refusal } from './refusal';

/**
 * Maximum number of sessions in use, and of sessions whose host has not yet proved that it has the
 * key.
 */
const MOST = 4;
const MOST_WAITING = 4;
/** Milliseconds after which an unproved session makes room, and an unused one for a lower role. */
const FIRST_MS = 10_000;
const UNUSED_MS = 60_000;
const NONCE = /^[0-9a-f]{32}$/;

/** The session of one colleague's program with this boot (docs/protocol.md section 4). */
export class HostSession {
  static #count = 0;
  /** Unique in this program. */
  readonly id = HostSession.#count++;
  usedAt: number;
  sent = 0;
  window = new ReplayWindow();

  constructor(
    readonly cid: string,
    readonly role: Role,
    public key: Buffer,
    public hn: string,
    public bn: string,
    public begunAt: number,
    readonly isNumbered: boolean,
  ) {
    this.usedAt = begunAt;
    this.window.accept(1); // Nonce of the HELLO
  }

  /** Rank of the role, the lowest first. */
  get rank(): number {
    return ROLES.indexOf(this.role);
  }

  /** Encodes and signs a frame with the next counter. */
  encode(frame: Frame): Buffer {
    this.sent += 1;
    const bytes = encodeFrame({ ...frame, flags: frame.flags | Flag.mac, counter: this.sent });
    return Buffer.concat([bytes, hmac(this.key, 'b', bytes).subarray(0, TAG_BYTES)]);
  }

  /**
   * Continues the work of this session after another HELLO of the same program with the same key.
   */
  renew(next: HostSession): void {
    this.key = next.key;
    this.hn = next.hn;
    this.bn = next.bn;
    this.begunAt = next.begunAt;
    this.sent = next.sent;
    this.window = next.window;
  }
}

/**
 * The board's side of sessions, like board/agent/copy/entry.py: one boot with its keys and
 * counters.
 */
export class HostSessions {
  boot = '';
  nonce = Buffer.alloc(0);
  #all: HostSession[] = [];
  #new: HostSession[] = [];
  #number = 1;
  #told = 0;

  constructor(
    readonly uid: string,
    private readonly adminKey: Uint8Array,
    private readonly clock: Clock,
  ) {
    this.restart();
  }

  /** Starts a new boot. Sessions of the previous one are void. */
  restart(): void {
    this.boot = randomBytes(4).toString('hex');
    this.nonce = randomBytes(16);
    this.#all = [];
    this.#new = [];
    this.#told = 0;
  }

  /** Value of `aux` in frames from hosts of this boot. */
  get aux(): number {
    return parseInt(this.boot.slice(0, 4), 16);
  }

  /**
   * Makes a message that everyone may read, with its number and a tag for each role (section 2).
   */
  sign(leaf: string, body: object | Uint8Array): Buffer {
    const bytes = body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
    const keys = ROLES.map((role) => ({ role, key: this.#keyOf(role) }));
    return signMessage(bytes, (this.#told += 1), { uid: this.uid, leaf, keys });
  }

  /**
   * Returns the session for a HELLO. A repeated HELLO gives the same session.
   * @throws Refusal if it does not prove that it has the key of its role
   */
  hello(cid: string, { frame, signed, tag }: DecodedFrame): HostSession {
    const { role: label, hn, boot, ck } = helloOf(frame.payload);
    if (boot !== this.boot) throw new Refusal('ESTALE', 'this board has started again since');
    const role = ROLES.find((r) => r === label);
    if (!role) throw new Refusal('EAUTH', 'no key for this role, or no tag');
    const key = this.#keyOf(role);
    const about = [this.uid, role, cid].map(withLength);
    if (!isTag(hmac(key, 'MPY/2 H', ...about, this.nonce, signed), tag)) {
      throw new Refusal('EAUTH', 'wrong key');
    }
    const known = [...this.#all, ...this.#new].find(
      (s) => s.cid === cid && s.hn === hn && s.role === role,
    );
    if (known) return known;
    const isNumbered = this.#makeRoom(ck);
    const bn = randomBytes(16);
    const sessionKey = hmac(key, 'MPY/2 S', ...about, this.nonce, bn, Buffer.from(hn, 'hex'));
    const session = new HostSession(
      ...([cid, role, sessionKey, hn, bn.toString('hex'), this.clock.now(), isNumbered] as const),
    );
    this.#new.push(session);
    return session;
  }

  /**
   * Returns the session that signed a frame. A new session takes effect with its first frame,
   * because a HELLO alone may be a copy.
   * @throws Refusal
   */
  find(cid: string, { frame, signed, tag }: DecodedFrame): HostSession {
    if (frame.aux !== this.aux) throw new Refusal('ESTALE', 'no such session in this boot');
    const own = [...this.#all, ...[...this.#new].reverse()].filter((s) => s.cid === cid);
    const signer = own.find((s) => isTag(hmac(s.key, 'h', signed), tag));
    if (!signer) throw new Refusal(own.length > 0 ? 'EAUTH' : 'ESTALE', 'no session signed this');
    return this.#all.includes(signer) ? signer : this.#enter(signer);
  }

  /**
   * Returns whether the frame arrives for the first time.
   * @throws Refusal when the counters are used up
   */
  isFresh(session: HostSession, counter: number): boolean {
    if (counter >= MAX_U30 || session.sent >= MAX_U30 - 16) {
      this.end(session);
      throw new Refusal('EAUTH', 'counters used up: begin a new session');
    }
    return session.window.accept(counter);
  }

  /** Returns whether the session is in use. */
  has(session: HostSession): boolean {
    return this.#all.includes(session);
  }

  end(session: HostSession): void {
    this.#all = this.#all.filter((s) => s !== session);
  }

  #keyOf(role: Role): Uint8Array {
    return role === 'admin' ? this.adminKey : keyForRole(this.adminKey, this.uid, role);
  }

  /**
   * Makes room for a new session. Copied HELLOs can fill all places; one with the number that was
   * just issued is not a copy.
   */
  #makeRoom(ck: unknown): boolean {
    const isNumbered = ck === this.#number;
    if (this.#new.length >= MOST_WAITING) {
      const now = this.clock.now();
      const old = this.#new.filter((s) => now - s.begunAt > FIRST_MS);
      if (old.length === 0 && !isNumbered) {
        throw new Refusal('EBUSY', 'say HELLO again with this ck', { ck: this.#number });
      }
      const age = (s: HostSession) => (s.isNumbered ? 1e15 : 0) + s.begunAt;
      const [first] = (old.length > 0 ? old : [...this.#new]).sort((a, b) => age(a) - age(b));
      this.#new = this.#new.filter((s) => s !== first);
    }
    if (isNumbered) this.#number += 1;
    return isNumbered;
  }

  #enter(session: HostSession): HostSession {
    this.#new = this.#new.filter((s) => s !== session);
    const before = this.#all.find((s) => s.cid === session.cid && s.role === session.role);
    if (before) {
      before.renew(session);
      return before;
    }
    if (this.#all.length >= MOST) {
      const now = this.clock.now();
      const old = this.#all
        .filter((s) => s.rank <= session.rank || now - s.usedAt > UNUSED_MS)
        .sort((a, b) => a.usedAt - b.usedAt);
      if (!old[0]) throw new Refusal('EBUSY', 'too many computers with more rights');
      this.end(old[0]);
    }
    this.#all.push(session);
    return session;
  }
}

function helloOf(payload: Uint8Array) {
  const { role, hn, boot, ck } = decodeJson(payload);
  if (typeof hn !== 'string' || !NONCE.test(hn)) {
    throw new Refusal('EPROTO', 'hn must have 16 bytes');
  }
  return { role, hn, boot, ck };
}

function isTag(mac: Buffer, tag: Uint8Array | undefined): boolean {
  return tag?.length === TAG_BYTES && timingSafeEqual(mac.subarray(0, TAG_BYTES), tag);
}
