/**
 * A plain host for tests: exchanges frames through a real broker with mqtt.js, and repeats what is
 * not answered.
 */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { connectAsync, type MqttClient } from 'mqtt';
import {
  type AgentError,
  type Frame,
  type OpCode,
  Flag,
  Op,
  decodeError,
  decodeFrame,
  decodeJson,
  encodeJsonAndBytes,
  makeFrame,
} from '../../../../src/core/agent/agentProtocol';
import { type Birth, parsePresence } from '../../../../src/core/agent/agentProtocolPresence';
import { AgentSession, type Role } from '../../../../src/core/agent/agentProtocolSession';
import { withoutTags } from '../../../../src/core/agent/agentProtocolTags';

/** Longest wait for any message of the board. The machine may be busy with other tests. */
const PATIENCE_MS = 10_000;
const REPEAT_MS = 1500;

/** The fate of a message: how many times it is delivered, and whether with delay. */
export type Fault = (direction: 'up' | 'down', n: number) => 'pass' | 'drop' | 'twice' | 'late';

export class AgentRefusal extends Error {
  constructor(
    readonly code: string,
    readonly details: Record<string, unknown>,
  ) {
    super(`${code} ${JSON.stringify(details)}`);
  }
}

let next = 0;

export class TestHost {
  readonly cid = `t${Date.now().toString(36).slice(-5)}${(next++).toString(36).padStart(3, '0')}`;
  readonly births: Birth[] = [];
  /** Messages that the board publishes for everyone, without their tags. */
  readonly other: { topic: string; payload: Buffer; raw: Buffer }[] = [];
  session!: AgentSession;
  lastHello: Record<string, unknown> = {};
  fault: Fault = () => 'pass';
  private reqid = 1;
  private counts = { up: 0, down: 0 };
  private held: Buffer | undefined;
  private heldDown: Buffer | undefined;
  private readonly listeners = new Map<number, (frame: Frame) => void>();
  private readonly wakers = new Set<() => void>();
  unsigned: Frame[] = [];
  /** Content of the unsigned answers. */
  readonly refusals: AgentError[] = [];
  private onRefusal: ((error: AgentError) => void) | undefined;
  sentMessages: { topic: string; payload: Buffer }[] = [];

  private constructor(
    readonly client: MqttClient,
    readonly uid: string,
    readonly root: string,
  ) {}

  static async connect(url: string, uid: string, options: Record<string, unknown> = {}) {
    const client = await connectAsync(url, { reconnectPeriod: 200, ...options });
    // Without this, each command waits 40 ms for the PUBACK of the previous answer.
    const noDelay = () => (client.stream as unknown as Socket).setNoDelay(true);
    noDelay();
    client.on('connect', noDelay);
    const host = new TestHost(client, uid, 'mpy');
    client.on('message', (topic, payload) => host.onMessage(topic, payload));
    const base = `mpy/${uid}`;
    const topics = ['st', 'log', 'ev', 'tm', 'cfgr', `r/${host.cid}`];
    await client.subscribeAsync(
      topics.map((t) => `${base}/${t}`),
      { qos: 1 },
    );
    return host;
  }

  private onMessage(topic: string, raw: Buffer): void {
    const payload = topic.includes('/r/') ? raw : Buffer.from(withoutTags(raw));
    if (topic.endsWith('/st')) {
      const presence = payload.length ? parsePresence(raw) : undefined;
      if (presence?.on) {
        this.births.push(presence);
      }
      this.other.push({ topic, payload, raw });
    } else if (topic.includes('/r/')) {
      this.arrive(payload);
    } else {
      this.other.push({ topic, payload, raw });
    }
    for (const wake of this.wakers) {
      wake();
    }
  }

  private arrive(payload: Buffer): void {
    const what = this.fault('down', ++this.counts.down);
    if (what === 'late') {
      this.heldDown = payload;
      return;
    }
    const times = what === 'drop' ? 0 : what === 'twice' ? 2 : 1;
    for (let i = 0; i < times; i++) {
      this.deliver(payload);
    }
    const held = this.heldDown;
    this.heldDown = undefined;
    if (held) {
      this.deliver(held);
    }
  }

  private deliver(payload: Buffer): void {
    const got = this.session.decode(payload);
    if (got === 'unsigned' || got === 'notOpen' || got === 'forged') {
      const aux = payload.readUInt16BE(2);
      this.unsigned.push(makeFrame(Op.err, payload.readUInt32BE(4), { aux }));
      if (got === 'unsigned') {
        const error = decodeError(decodeFrame(payload).frame);
        this.refusals.push(error);
        this.onRefusal?.(error);
      }
    } else if (got !== 'duplicate') {
      this.tapped?.(got);
      this.listeners.get(got.reqid)?.(got);
    }
    for (const wake of this.wakers) {
      wake();
    }
  }

  /** Resolves when `test` returns a value. */
  async until<T>(what: string, test: () => T | undefined | false, ms = PATIENCE_MS): Promise<T> {
    const end = Date.now() + ms;
    for (;;) {
      const found = test();
      if (found !== undefined && found !== false) {
        return found;
      }
      if (Date.now() > end) {
        throw new Error(`waited in vain for ${what}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, 100);
        const wakers = this.wakers;
        function done() {
          clearTimeout(timer);
          wakers.delete(done);
          resolve();
        }
        wakers.add(done);
      });
    }
  }

  /** Returns the newest birth, with another boot than `not`. */
  birth(not?: string): Promise<Birth> {
    return this.until('a birth', () => {
      const b = this.births.at(-1);
      return b && b.boot !== not ? b : undefined;
    });
  }

  /** Sends HELLO, and opens `session`. */
  async hello(key: Uint8Array | undefined, role: Role = 'admin', not?: string): Promise<Birth> {
    const birth = await this.birth(not);
    const { boot, nonce } = birth;
    const session = new AgentSession({ uid: this.uid, cid: this.cid, boot, nonce, role, key });
    this.session = session;
    const reqid = this.reqid++;
    let message = session.hello(reqid);
    const send = () => this.publish(message);
    this.onRefusal = ({ details: { ck } }) => {
      if (typeof ck !== 'number' || session.isOpen) return;
      message = session.hello(reqid, ck);
      send();
    };
    const reply = await this.exchange(reqid, send);
    this.lastHello = decodeJson(reply.payload);
    return birth;
  }

  /** Publishes a message on the board's topic, subject to the fault. */
  publish(message: Buffer): void {
    const what = this.fault('up', ++this.counts.up);
    if (what === 'late') {
      this.held = message;
      return;
    }
    const times = what === 'drop' ? 0 : what === 'twice' ? 2 : 1;
    for (let i = 0; i < times; i++) {
      this.raw(message);
    }
    const held = this.held;
    this.held = undefined;
    if (held) {
      this.raw(held);
    }
  }

  raw(payload: Buffer, topic = `mpy/${this.uid}/c/${this.cid}`): void {
    this.sentMessages.push({ topic, payload });
    this.client.publish(topic, payload, { qos: 1 });
  }

  send(frame: Frame): void {
    this.publish(this.session.encode(frame));
  }

  newId(): number {
    return this.reqid++;
  }

  /** Called with every frame, of any request. */
  tap(f: (frame: Frame) => void): void {
    this.tapped = f;
  }
  private tapped: ((frame: Frame) => void) | undefined;

  listen(reqid: number, f: (frame: Frame) => void): void {
    this.listeners.set(reqid, f);
  }

  /** Sends until OK or ERR arrives. `onFrame` is called with every frame of the request. */
  async exchange(
    reqid: number,
    send: () => void,
    onFrame?: (f: Frame) => void,
    isEnd: (f: Frame) => boolean = () => false,
  ): Promise<Frame> {
    let final: Frame | undefined;
    let failure: Error | undefined;
    let heard = Date.now();
    this.listen(reqid, (frame) => {
      heard = Date.now();
      try {
        onFrame?.(frame);
      } catch (error) {
        failure = error as Error;
      }
      if (frame.op === Op.ok || frame.op === Op.err || isEnd(frame)) {
        final = frame;
      }
    });
    send();
    let sent = Date.now();
    while (!final) {
      await this.until('an answer', () => final ?? failure, 100).catch(() => undefined);
      if (failure) {
        throw failure;
      }
      if (Date.now() - heard > PATIENCE_MS || this.unsigned.length > 20) {
        throw new Error(`no answer from the board, ${this.unsigned.length} refusals`);
      }
      const answered = final as Frame | undefined; // the listener sets it in the meantime
      if (!answered && Date.now() - Math.max(sent, heard) > REPEAT_MS) {
        sent = Date.now();
        send();
      }
    }
    if (final.op === Op.err) {
      const e = decodeError(final);
      throw new AgentRefusal(e.code, e.details);
    }
    return final;
  }

  /** Sends a request with a JSON payload. Returns its answer as bytes. */
  async request(op: OpCode, json: object = {}, reqid = this.newId()): Promise<Buffer> {
    const payload = Buffer.from(JSON.stringify(json));
    const frame = makeFrame(op, reqid, { payload });
    return Buffer.from((await this.exchange(reqid, () => this.send(frame))).payload);
  }

  async ask(op: OpCode, json: object = {}, reqid?: number): Promise<Record<string, unknown>> {
    return decodeJson(await this.request(op, json, reqid));
  }

  /** Runs code. Returns its output by stream, and the result. */
  async exec(
    code: string,
    options: Record<string, unknown> = {},
    reqid = this.newId(),
    onText?: (text: string) => void,
  ) {
    const bytes = Buffer.from(code);
    const mtu = this.births.at(-1)?.mtu ?? 512;
    const h = createHash('sha256').update(bytes).digest('hex');
    const head = { n: bytes.length, h, mode: 'exec', ...options };
    const room = mtu - 2 - Buffer.byteLength(JSON.stringify(head));
    const payload = encodeJsonAndBytes(head, bytes.subarray(0, room));
    const out = new Inflow();
    let accepted = false;
    const more = (from: number) => {
      for (let at = from; at < bytes.length; at += mtu) {
        this.send(makeFrame(Op.data, reqid, { offset: at, payload: bytes.subarray(at, at + mtu) }));
      }
    };
    const ok = await this.exchange(
      reqid,
      () => this.send(makeFrame(Op.exec, reqid, { payload })),
      (f) => {
        if ((f.op === Op.ack || f.op === Op.nak) && !accepted) {
          more(f.offset);
        } else if (f.op === Op.busy) {
          accepted = true;
        } else if (f.op === Op.out) {
          onText?.(Buffer.from(f.payload).toString());
          out.put(f);
          const gap = out.gap;
          this.send(makeFrame(gap ? Op.nak : Op.ack, reqid, { offset: out.at }));
        }
      },
    );
    const result = decodeJson(ok.payload);
    while (out.at < ok.offset) {
      this.send(makeFrame(Op.nak, reqid, { offset: out.at }));
      await this.until('the rest of the output', () => out.at >= ok.offset, 1000).catch(
        () => undefined,
      );
    }
    return { result, stdout: out.text(1), stderr: out.text(2), reqid };
  }
}

/** More fields of a PUT, in addition to path and content. */
export interface PutOptions {
  readonly reqid?: number;
  readonly more?: Record<string, unknown>;
  /** The bytes on the wire, if they differ from the content (compressed). */
  readonly wire?: Buffer;
  /** Called before each DATA; throwing ends the upload there. */
  readonly onData?: (offset: number) => void | Promise<void>;
}

/** Uploads according to the protocol: credit, NAK, END; repeats what is not acknowledged. */
export async function put(host: TestHost, path: string, content: Buffer, options: PutOptions = {}) {
  const reqid = options.reqid ?? host.newId();
  const wire = options.wire ?? content;
  const mtu = host.births.at(-1)?.mtu ?? 512;
  const h = createHash('sha256').update(content).digest('hex');
  const request = { p: path, n: content.length, h, ...options.more };
  const payload = Buffer.from(JSON.stringify(request));
  const state = { acked: -1, sent: 0, credit: 1, naks: 0 };
  let over = false;
  const pump = () => {
    if (state.acked < 0) {
      host.send(makeFrame(Op.put, reqid, { payload }));
      return;
    }
    while (state.sent < wire.length && state.sent - state.acked < state.credit * mtu) {
      const chunk = wire.subarray(state.sent, state.sent + mtu);
      void options.onData?.(state.sent);
      host.send(makeFrame(Op.data, reqid, { offset: state.sent, payload: chunk }));
      state.sent += chunk.length;
    }
    if (state.acked >= wire.length) {
      host.send(makeFrame(Op.end, reqid, { offset: wire.length }));
    }
  };
  const ok = await host
    .exchange(
      reqid,
      () => {
        state.sent = Math.max(state.acked, 0); // first call, or silence: again from what is acknowledged
        pump();
      },
      (f) => {
        if (f.op === Op.ack || f.op === Op.nak) {
          state.naks += f.op === Op.nak ? 1 : 0;
          const first = state.acked < 0;
          state.credit = f.aux;
          state.sent = f.op === Op.nak || first ? f.offset : state.sent;
          if (f.offset > state.acked || f.op === Op.nak) {
            state.acked = Math.max(f.offset, state.acked);
            pump();
          }
        }
      },
    )
    .finally(() => (over = true));
  return { ...decodeJson(ok.payload), naks: state.naks, reqid, over };
}

/** Downloads according to the protocol. */
export async function get(host: TestHost, path: string, start = 0, w = 8): Promise<Buffer> {
  const reqid = host.newId();
  const payload = Buffer.from(JSON.stringify({ p: path, o: start, w }));
  const parts: Buffer[] = [];
  let at = start;
  let opened = false;
  const end = await host.exchange(
    reqid,
    () =>
      host.send(
        opened ? makeFrame(Op.nak, reqid, { offset: at }) : makeFrame(Op.get, reqid, { payload }),
      ),
    (f) => {
      opened = true;
      if (f.op === Op.data && f.offset <= at && f.offset + f.payload.length > at) {
        parts.push(Buffer.from(f.payload.subarray(at - f.offset)));
        at = f.offset + f.payload.length;
        host.send(makeFrame(Op.ack, reqid, { offset: at }));
      } else if (f.op === Op.data && f.offset > at) {
        host.send(makeFrame(Op.nak, reqid, { offset: at }));
      }
    },
    (f) => f.op === Op.end && at >= f.offset,
  );
  host.send(makeFrame(Op.ack, reqid, { offset: at }));
  const content = Buffer.concat(parts);
  const { h } = decodeJson(end.payload);
  const found = createHash('sha256').update(content).digest('hex');
  if (h !== found) {
    throw new Error(`hash ${String(h)} announced, ${found} received`);
  }
  return content;
}

/** Assembles output by offset. */
class Inflow {
  at = 0;
  gap = false;
  private readonly parts: { aux: number; bytes: Buffer }[] = [];

  put(f: Frame): void {
    this.gap = f.offset > this.at;
    if (f.offset <= this.at && f.offset + f.payload.length > this.at) {
      this.parts.push({ aux: f.aux, bytes: Buffer.from(f.payload.subarray(this.at - f.offset)) });
      this.at = f.offset + f.payload.length;
    }
  }

  text(aux: number): string {
    return Buffer.concat(this.parts.filter((p) => p.aux === aux).map((p) => p.bytes)).toString();
  }
}

export { Flag, Op };
