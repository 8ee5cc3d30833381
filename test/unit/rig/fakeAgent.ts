import type { Clock } from '../../../src/core/async';
import type { BoardKey } from '../../../src/core/agent/agentKeys';
import {
  decodeFrame,
  encodeFrame,
  Flag,
  makeFrame,
  Op,
  type Frame,
  type OpCode,
} from '../../../src/core/agent/agentProtocol';
import type { Birth, Gone } from '../../../src/core/agent/agentProtocolPresence';
import { Emitter } from '../../../src/core/events';
import { silentLog } from '../../../src/core/log';
import { signedByBoard } from '../../boards/rig/agent/signed';
import { AgentClient } from '../../../src/transports/mqtt/agentClient';

/** A clock that a test moves. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #due: { at: number; action: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  /** Number of actions that wait for their time. */
  get pending(): number {
    return this.#due.length;
  }

  after(ms: number, action: () => void): { dispose(): void } {
    const entry = { at: this.#now + ms, action };
    this.#due.push(entry);
    return {
      dispose: () => {
        const at = this.#due.indexOf(entry);
        if (at >= 0) this.#due.splice(at, 1);
      },
    };
  }

  /** Lets `ms` pass, with all that falls due on the way, and promises settle in between. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (;;) {
      const next = this.#due.filter((d) => d.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#now = Math.max(this.#now, next.at);
      this.#due.splice(this.#due.indexOf(next), 1);
      next.action();
      await settled();
    }
    this.#now = end;
  }
}

/** All promises that can settle have done so. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

export const BIRTH: Birth = {
  ...{ on: true, proto: 2, agent: '1', slot: 'a', fw: '1.25.0', platform: 'test', machine: '' },
  ...{ mpy: 0, name: 'kitchen', tags: [], boot: '0a0b0c0d', nonce: '0'.repeat(32), mode: 'open' },
  ...{ roles: [], state: 'idle', reset: '', mtu: 240, win: 4, caps: new Set(['intr', 'stdin']) },
  ...{ free: 1, fs: undefined, safe: false, broken: {}, trial: false, why: '' },
};

/** A board's end of the wire in open mode, and the wire: what the host sends is seen, and answered by hand or not at all. */
export class FakeBoard {
  readonly clock = new FakeClock();
  readonly sent: Frame[] = [];
  readonly presence = new Emitter<Birth | Gone>();
  birth: Birth | Gone | undefined = BIRTH;
  /** The user's name for the board. */
  name: string | undefined;
  /** Answers HELLO automatically. */
  answersHello = true;
  /** Returns whether a frame to the board gets lost; `n` counts the frames. */
  loses: (frame: Frame, n: number) => boolean = () => false;
  onFrame: (frame: Frame) => void = () => undefined;
  #counter = 0;
  #raw: Uint8Array | undefined;
  readonly client: AgentClient;

  /** `key`: of the host for this board, which then cannot greet. */
  constructor(private readonly key?: BoardKey) {
    if (key) this.birth = { ...BIRTH, mode: 'signed' };
    this.client = new AgentClient({
      ...{ uid: 'aa', cid: 'testhost1', log: silentLog, clock: this.clock },
      name: () => this.name,
      birth: () => this.birth,
      onPresence: (listener) => this.presence.event((state) => listener(state, this.#raw)),
      key: () => Promise.resolve(this.key),
      publish: (payload) => {
        const { frame } = decodeFrame(payload);
        this.sent.push(frame);
        if (this.loses(frame, this.sent.length)) return Promise.resolve();
        if (frame.op === Op.hello && this.answersHello) this.#greet(frame);
        else this.onFrame(frame);
        return Promise.resolve();
      },
    });
  }

  /** Frames of one kind that the host has sent. */
  of(op: OpCode): Frame[] {
    return this.sent.filter((f) => f.op === op);
  }

  /** A frame from the board. */
  say(op: OpCode, reqid: number, rest: Partial<Frame> = {}): void {
    this.client.receive(encodeFrame(makeFrame(op, reqid, { ...rest, counter: ++this.#counter })));
  }

  json(op: OpCode, reqid: number, payload: object, rest: Partial<Frame> = {}): void {
    this.say(op, reqid, { payload: Buffer.from(JSON.stringify(payload)), ...rest });
  }

  /** Restarts the board. */
  restart(boot: string): void {
    this.#counter = 0;
    this.birth = { ...BIRTH, boot };
    this.presence.fire(this.birth);
  }

  /** The broker passes on a farewell, which is signed with `key` if there is one. */
  leaves(why: string, key?: Uint8Array): void {
    const { boot } = BIRTH;
    this.birth = { on: false, boot, why };
    this.#raw = Buffer.from('{"on":0}');
    if (key) this.#raw = signedByBoard('aa', key, 'st', { on: 0, boot, why });
    this.presence.fire(this.birth);
    this.#raw = undefined;
  }

  #greet(frame: Frame): void {
    const bn = '1'.repeat(32);
    this.json(Op.ok, frame.reqid, { bn, role: 'admin', mtu: 240, win: 4, caps: ['intr', 'stdin'] });
  }
}

export { Flag, Op };
