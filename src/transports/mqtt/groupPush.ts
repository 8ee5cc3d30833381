import { randomInt } from 'node:crypto';
import {
  decodeJson,
  encodeGroupFrame,
  Flag,
  type Frame,
  FrameCipher,
  makeFrame,
  makeGroupKey,
  MAX_U30,
  Op,
} from '../../core/agent';
import { sha256 } from '../../core/hash';
import { Deferred, systemClock, throwIfAborted, within } from '../../core/async';
import { asError } from '../../core/errors';
import type { AgentClient } from './agentClient';
import type { Exchange } from './agentRequest';
import { ChunkSender } from './chunkSender';

/** Milliseconds for boards to accept. Later ones are served one by one afterwards. */
const ACCEPT_MS = 10_000;
/** Milliseconds without a new acknowledgement after which a window ends. */
const WINDOW_MS = 1_500;
/**
 * Number of missed windows after which a board is not waited for. Its own session repairs it at the
 * end.
 */
const MISSED_WINDOWS = 2;
/**
 * How often a window is published to all boards. Missing parts are then repaired board by board.
 */
const MAX_ROUNDS = 6;

/** A board's result for the file. */
export type GroupResult = 'written' | 'same';

/** Cancellation and progress of a publication to a group. */
export interface GroupPushOptions {
  signal?: AbortSignal;
  /** Called with the number of content bytes that the listening boards have. */
  onProgress?: (done: number) => void;
}

export type GroupOutcome =
  | { readonly status: 'ok'; readonly value: GroupResult }
  | { readonly status: 'failed'; readonly error: Error };

/** One participating board. */
class Member {
  acked = 0;
  /** It has answered the last window. */
  answered = false;
  missed = 0;
  /** The board cannot decrypt the group's frames. */
  isAlone = false;
  exchange: Exchange | undefined;
  done = false;
  credit = 1;
  /** Set at the end, while the board is repaired by its own session. */
  sender: ChunkSender | undefined;

  constructor(readonly client: AgentClient) {}

  get listens(): boolean {
    if (this.isAlone || this.exchange === undefined) return false;
    return !this.done && this.missed < MISSED_WINDOWS;
  }
}

/**
 * Sends one file to many boards on one broker in a single publication (docs/protocol.md section 8).
 * Missing parts are sent again: to all if many boards miss them, else in each board's own session.
 */
export class GroupPush {
  readonly #groupId = randomInt(1, MAX_U30);
  readonly #groupKey = makeGroupKey();
  readonly #members: Member[];
  /**
   * Set if the frames are encrypted. Boards that cannot decrypt them are served in their own
   * sessions.
   */
  readonly #cipher: FrameCipher | undefined;
  readonly #sha256: string;
  #news = new Deferred<undefined>();

  constructor(
    clients: readonly AgentClient[],
    private readonly path: string,
    private readonly content: Uint8Array,
    /** Publishes on the topic that all boards on the broker subscribe to. */
    private readonly publishToAll: (message: Uint8Array) => Promise<void>,
    private readonly options: GroupPushOptions = {},
  ) {
    this.#members = clients.map((client) => new Member(client));
    if (clients.some((client) => client.wantsEncryption))
      this.#cipher = new FrameCipher(this.#groupKey, 'g');
    this.#sha256 = sha256(content);
  }

  /** Returns the outcome of each board, in the given order. */
  async run(): Promise<GroupOutcome[]> {
    const results = this.#members.map((member) => this.#put(member));
    const outcomes = Promise.all(
      results.map(async (result): Promise<GroupOutcome> => {
        try {
          return { status: 'ok', value: await result };
        } catch (error) {
          return { status: 'failed', error: asError(error) };
        }
      }),
    );
    await this.#until(
      () => this.#members.every((m) => m.exchange !== undefined || m.done),
      ACCEPT_MS,
    );
    if (this.#members.some((m) => m.listens)) await this.#publish();
    for (const member of this.#members) this.#finish(member);
    return outcomes;
  }

  /**
   * Sends PUT in the board's own session. It ends when the board has the file, however that
   * arrived.
   */
  async #put(member: Member): Promise<GroupResult> {
    try {
      const session = await member.client.open(this.options.signal);
      const reqid = member.client.newReqid();
      const k = session.sealGroupKey(this.#groupKey, reqid); // the board opens it by this request's id
      const e = this.#cipher ? 1 : undefined;
      member.isAlone = this.#cipher !== undefined && !session.isEncrypted;
      const head = {
        p: this.path,
        n: this.content.length,
        h: this.#sha256,
        g: member.isAlone ? undefined : { id: this.#groupId, k, e },
      };
      const frame = await member.client.json(Op.put, head, {
        reqid,
        signal: this.options.signal,
        onFrame: (f, exchange) => this.#onFrame(member, f, exchange),
        onSilence: (exchange) => this.#onSilence(member, exchange, head),
        // While the group's data are in transit, a board sends nothing.
        isPatient: () => member.exchange !== undefined && member.sender === undefined,
      });
      return decodeJson(frame.payload).same === 1 ? 'same' : 'written';
    } finally {
      member.done = true;
      this.#tell();
    }
  }

  #onFrame(member: Member, frame: Frame, exchange: Exchange): void {
    if (member.sender) {
      member.sender.onFrame(frame, exchange);
      return;
    }
    if (frame.op !== Op.ack && frame.op !== Op.nak) return;
    const first = member.exchange === undefined;
    member.exchange = exchange;
    member.credit = Math.max(1, frame.aux);
    member.acked = Math.min(frame.offset, this.content.length);
    member.answered = !first;
    if (!first) member.missed = 0;
    this.#tell();
  }

  #onSilence(member: Member, exchange: Exchange, head: object): void {
    if (member.exchange === undefined) {
      exchange.post(Op.put, { payload: Buffer.from(JSON.stringify(head)), flags: Flag.first });
    } else member.sender?.onSilence(exchange);
  }

  /**
   * Publishes the data window by window; the next starts when the listening boards have the last
   * one.
   */
  async #publish(): Promise<void> {
    const mtu = Math.min(...this.#members.filter((m) => m.listens).map((m) => m.client.mtu));
    const total = this.content.length;
    let start = Math.min(...this.#members.filter((m) => m.listens).map((m) => m.acked));
    while (start < total && this.#members.some((m) => m.listens)) {
      throwIfAborted(this.options.signal);
      const credit = Math.min(...this.#members.filter((m) => m.listens).map((m) => m.credit));
      const end = Math.min(total, start + credit * mtu);
      await this.#window(start, end, mtu);
      start = end;
      this.options.onProgress?.(start);
    }
  }

  async #window(start: number, end: number, mtu: number): Promise<void> {
    let from = start;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      for (const m of this.#members) m.answered = false;
      for (let at = from; at < end; at += mtu) {
        const next = Math.min(at + mtu, end);
        const frame = makeFrame(Op.data, this.#groupId, {
          offset: at,
          payload: this.content.subarray(at, next),
          flags: next === end ? Flag.ackReq : 0,
        });
        await this.publishToAll(encodeGroupFrame(frame, this.#key, 2, this.#cipher));
      }
      await this.#until(() => this.#members.every((m) => !m.listens || m.answered), WINDOW_MS);
      for (const m of this.#members) if (m.listens && !m.answered) m.missed++;
      const behind = this.#members.filter((m) => m.listens && m.acked < end);
      if (behind.length === 0) return;
      from = Math.min(...behind.map((m) => Math.max(m.acked, start)));
    }
    // Boards that are still behind are repaired by their own sessions.
    for (const m of this.#members) if (m.acked < end) m.missed = MISSED_WINDOWS;
  }

  /** Sends END, and whatever this board still lacks, in its own session. */
  #finish(member: Member): void {
    if (member.done) return;
    member.sender = new ChunkSender(this.content, member.acked, member.client.mtu, {
      onEnd: (exchange) => exchange.post(Op.end, { offset: this.content.length }),
    });
    if (member.exchange) member.sender.onSilence(member.exchange);
  }

  get #key(): Uint8Array | undefined {
    return this.#members.some((m) => m.client.birth?.mode === 'signed')
      ? this.#groupKey
      : undefined;
  }

  #tell(): void {
    this.#news.resolve(undefined);
    this.#news = new Deferred<undefined>();
  }

  /** Waits for a condition; gives up after `ms` without an incoming frame. */
  async #until(condition: () => boolean, ms: number): Promise<void> {
    while (!condition()) {
      const isNew = this.#news.promise.then(() => true);
      if (!(await within(systemClock, ms, isNew, false))) return;
    }
  }
}
