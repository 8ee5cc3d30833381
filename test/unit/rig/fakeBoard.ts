import type { Address } from '../../../src/core/address';
import { parseAddress } from '../../../src/core/parseAddress';
import { systemClock } from '../../../src/core/async';
import type { BoardServices } from '../../../src/core/board/boardServices';
import type { BoardInfo } from '../../../src/core/board/boardInfo';
import { ConnectError, ProgramRunningError } from '../../../src/core/errors';
import { Emitter } from '../../../src/core/events';
import type { Found } from '../../../src/core/board/discovery';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { silentLog } from '../../../src/core/log';
import type { Activity, Session, SessionOptions, Transport } from '../../../src/core/transport';

/** The board at the end of an address, for faults and orders of events that a real board cannot be made to show. */
export interface FakeEnd {
  uid?: string;
  /** A program runs until something may interrupt it. */
  running?: boolean;
  /** Error with which opening fails. */
  refuses?: Error;
}

/** A link with a scripted far end, which counts the calls. */
export class FakeTransport implements Transport {
  readonly kind;
  readonly can = {
    terminal: false,
    interrupt: true,
    hardReset: true,
    stdin: false,
    besideProgram: false,
  };
  readonly #closed = new Emitter<Error | undefined>();
  readonly #activity = new Emitter<Activity>();
  readonly onClose = this.#closed.event;
  readonly onActivity = this.#activity.event;
  resets = 0;
  interrupts = 0;
  closed = false;

  constructor(
    readonly address: Address,
    readonly end: FakeEnd,
  ) {
    this.kind = address.kind;
  }

  get activity(): Activity {
    return this.end.running ? 'running' : 'idle';
  }

  open(): Promise<void> {
    return this.end.refuses ? Promise.reject(this.end.refuses) : Promise.resolve();
  }

  async withSession<T>(
    work: (session: Session) => Promise<T>,
    options: SessionOptions = {},
  ): Promise<T> {
    if (this.end.running) {
      if (!options.mayInterrupt) throw new ProgramRunningError('fake');
      this.interrupts++;
      this.end.running = false;
    }
    return work({ exec: () => Promise.resolve(new Uint8Array()) });
  }

  terminal(): undefined {
    return undefined;
  }

  interrupt(): Promise<void> {
    this.end.running = false;
    this.#activity.fire(this.activity);
    return Promise.resolve();
  }

  reset(): Promise<void> {
    this.resets++;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  /** The cable is pulled. */
  lose(cause: Error): void {
    this.#closed.fire(cause);
  }
}

/** Ends by address; what has been opened of them, in order; services over both. */
export function fakeWorld(ends: Record<string, FakeEnd>, more: Partial<BoardServices> = {}) {
  const opened: FakeTransport[] = [];
  const questions: string[] = [];
  const services: BoardServices = {
    log: silentLog,
    clock: systemClock,
    linkOrder: () => ['serial', 'webrepl', 'mqtt'],
    openTransport: (address) => {
      const end = ends[address.text];
      if (!end) throw new ConnectError(address, 'notFound', `There is no ${address.text}`);
      const transport = new FakeTransport(address, end);
      opened.push(transport);
      return Promise.resolve(transport);
    },
    readInfo: () => Promise.resolve(infoOf(opened.at(-1)?.end.uid)),
    createFiles: (withSession) => new SessionFiles(withSession),
    mayStop: (_board, job) => {
      questions.push(job);
      return Promise.resolve(undefined);
    },
    ...more,
  };
  return { services, opened, questions };
}

export function infoOf(uid: string | undefined): BoardInfo {
  return {
    uid,
    implementation: 'micropython',
    version: '1.25.0',
    platform: 'fake',
    machine: 'Fake board',
  };
}

export function found(address: string, more: Partial<Found> = {}): Found {
  return { address: parseAddress(address), likely: true, ...more };
}
