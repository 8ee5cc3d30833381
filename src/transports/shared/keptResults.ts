import type { OpCode } from '../../core/agent';
import type { HostSession } from './hostSessions';
import { Refusal } from './refusal';

/** Number of results kept of requests that must not run twice. */
const MOST = 8;

/** The last frame of a request. */
export interface Ending {
  readonly op: OpCode;
  readonly aux: number;
  readonly offset: number;
  readonly payload: Uint8Array;
}

interface Kept {
  readonly session: HostSession;
  readonly reqid: number;
  ending: Ending | undefined;
}

/**
 * Remembers the latest requests that change something, so that a repeated one never runs again
 * (section 5).
 */
export class KeptResults {
  #all: Kept[] = [];

  find(session: HostSession, reqid: number): Kept | undefined {
    return this.#all.find((kept) => kept.session === session && kept.reqid === reqid);
  }

  /**
   * Keeps a request until its result is delivered.
   * @throws Refusal while too many are unfinished
   */
  keep(session: HostSession, reqid: number): void {
    if (this.#all.length >= MOST) {
      const oldest = this.#all.find((kept) => kept.ending);
      if (!oldest) throw new Refusal('EBUSY', 'too many requests at once');
      this.#all = this.#all.filter((kept) => kept !== oldest);
    }
    this.#all.push({ session, reqid, ending: undefined });
  }

  end(session: HostSession, reqid: number, ending: Ending): void {
    const kept = this.find(session, reqid);
    if (kept) kept.ending = ending;
  }

  clear(): void {
    this.#all = [];
  }
}
