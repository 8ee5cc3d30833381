/** A plain host for tests: speaks frames through a real broker with mqtt.js, repeats what gets no answer. */
import { connectAsync, type MqttClient } from 'mqtt';
import {
  type Frame,
  type OpCode,
  Flag,
  Op,
  decodeError,
  decodeJson,
  encodeJsonAndBytes,
  makeFrame,
} from '../../../src/core/agentProtocol';
import { type Birth, parsePresence } from '../../../src/core/agentProtocolPresence';
import { AgentSession, type Role } from '../../../src/core/agentProtocolSession';

/** Longest wait for any one sign of the board; the machine may be busy with other tests. */
const PATIENCE_MS = 25_000;
const REPEAT_MS = 1500;

/** What happens to a message on its way: how many times it is delivered, and whether later. */
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
  readonly other: { topic: string; payload: Buffer }[] = [];
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
  sentMessages: { topic: string; payload: Buffer }[] = [];

  private constructor(
    readonly client: MqttClient,
    readonly uid: string,
    readonly root: string,
  ) {}

  static async connect(url: string, uid: string, options: Record<string, unknown> = {}) {
    const client = await connectAsync(url, { reconnectPeriod: 200, ...options });
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

  private onMessage(topic: string, payload: Buffer): void {
    if (topic.endsWith('/st')) {
      const presence = payload.length ? parsePresence(payload) : undefined;
      if (presence?.on) {
        this.births.push(presence);
      }
      this.other.push({ topic, payload });
    } else if (topic.includes('/r/')) {
      this.arrive(payload);
    } else {
      this.other.push({ topic, payload });
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
    } else if (got !== 'duplicate') {
      this.listeners.get(got.reqid)?.(got);
    }
    for (const wake of this.wakers) {
      wake();
    }
  }

  /** Resolves when `test` gives something. */
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

  /** The newest birth, of another boot than `not`. */
  birth(not?: string): Promise<Birth> {
    return this.until('a birth', () => {
      const b = this.births.at(-1);
      return b && b.boot !== not ? b : undefined;
    });
  }

  /** HELLO; opens `session`. */
  async hello(key: Uint8Array | undefined, role: Role = 'admin', not?: string): Promise<Birth> {
    const birth = await this.birth(not);
    const { boot, nonce } = birth;
    const session = new AgentSession({ cid: this.cid, boot, nonce, role, key });
    this.session = session;
    const reqid = this.reqid++;
    const message = session.hello(reqid);
    const reply = await this.exchange(reqid, () => this.publish(message));
    this.lastHello = decodeJson(reply.payload);
    return birth;
  }

  /** Puts a message on the board's topic, through the fault. */
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

  listen(reqid: number, f: (frame: Frame) => void): void {
    this.listeners.set(reqid, f);
  }

  /** Sends until OK or ERR comes; `onFrame` sees everything of the request. */
  async exchange(reqid: number, send: () => void, onFrame?: (f: Frame) => void): Promise<Frame> {
    let final: Frame | undefined;
    let heard = Date.now();
    this.listen(reqid, (frame) => {
      heard = Date.now();
      onFrame?.(frame);
      if (frame.op === Op.ok || frame.op === Op.err || (frame.op === Op.end && onFrame)) {
        final = frame;
      }
    });
    send();
    const start = Date.now();
    while (!final) {
      const before = heard;
      await this.until('an answer', () => final ?? heard > before, REPEAT_MS).catch(() => {
        if (Date.now() - heard > PATIENCE_MS || this.unsigned.length > 20) {
          throw new Error(`no answer from the board in ${Date.now() - start} ms`);
        }
        send();
      });
    }
    if (final.op === Op.err) {
      const e = decodeError(final);
      throw new AgentRefusal(e.code, e.details);
    }
    return final;
  }

  /** A request with a JSON payload; its answer as bytes. */
  async request(op: OpCode, json: object = {}, reqid = this.newId()): Promise<Buffer> {
    const payload = Buffer.from(JSON.stringify(json));
    const frame = makeFrame(op, reqid, { payload });
    return Buffer.from((await this.exchange(reqid, () => this.send(frame))).payload);
  }

  async ask(op: OpCode, json: object = {}, reqid?: number): Promise<Record<string, unknown>> {
    return decodeJson(await this.request(op, json, reqid));
  }

  /** Runs code; gives output by stream and the result. */
  async exec(code: string, options: Record<string, unknown> = {}, reqid = this.newId()) {
    const bytes = Buffer.from(code);
    const mtu = this.births.at(-1)?.mtu ?? 512;
    const head = { n: bytes.length, mode: 'exec', ...options };
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

/** Output put together by offset. */
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
