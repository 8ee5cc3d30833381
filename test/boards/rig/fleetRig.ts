import { serialAddress } from '../../../src/core/parseAddress';
import { systemClock } from '../../../src/core/async';
import type { Board } from '../../../src/core/board/board';
import type { BoardSource, Found } from '../../../src/core/board/discovery';
import { Emitter } from '../../../src/core/events';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { Fleet } from '../../../src/core/board/fleet';
import type { FleetServices } from '../../../src/core/board/fleetServices';
import { KnownBoards } from '../../../src/core/board/knownBoards';
import { silentLog } from '../../../src/core/log';
import { readInfo } from '../../../src/core/board/readInfo';
import { StopPolicies } from '../../../src/core/board/stopPolicy';
import { createTransportFactory } from '../../../src/transports';
import { startUboard } from '../../lab/index.mjs';
import type { Uboard, UboardOptions } from '../../lab/uboard.mjs';

/** Ports that a test adds and removes. */
export class Ports implements BoardSource {
  readonly #changed = new Emitter<void>();
  readonly onDidChange = this.#changed.event;
  found: readonly Found[] = [];
  start(): void {
    // available from the beginning
  }
  set(ttys: readonly string[]): void {
    this.show(ttys.map((tty) => ({ address: serialAddress(tty), likely: true })));
  }
  /** Boards on links of any kind. */
  show(found: readonly Found[]): void {
    this.found = found;
    this.#changed.fire();
  }
  dispose(): void {
    this.#changed.dispose();
  }
}

/** A fleet composed as in the extension, without its windows. */
export function composeFleet(own: Partial<FleetServices> = {}) {
  const stopPolicies = new StopPolicies();
  const count = { asked: 0 };
  const fleet = new Fleet({
    known: new KnownBoards({ load: () => [], save: () => Promise.resolve() }, (e) => {
      throw e;
    }),
    log: silentLog,
    clock: systemClock,
    openTransport: createTransportFactory({ log: silentLog }),
    linkOrder: () => ['serial'],
    shouldAutoConnect: () => false,
    readInfo,
    createFiles: (withSession) => new SessionFiles(withSession),
    mayStop: (board) => {
      const answer = stopPolicies.answerFor(board);
      if (answer === undefined) count.asked++;
      return Promise.resolve(answer === 'leave' ? undefined : answer);
    },
    ...own,
  });
  return { fleet, stopPolicies, count };
}

/** Real boards on serial devices, in such a fleet. */
export class FleetRig {
  readonly ports = new Ports();
  readonly #composed = composeFleet();
  readonly fleet = this.#composed.fleet;
  readonly stopPolicies = this.#composed.stopPolicies;

  private constructor(readonly uboards: readonly Uboard[]) {}

  /** `each`: options of individual boards, which override those for all. */
  static async start(
    count: number,
    options: UboardOptions = {},
    each: readonly UboardOptions[] = [],
  ): Promise<FleetRig> {
    const uboards = await Promise.all(
      Array.from({ length: count }, (_, i) =>
        startUboard({ sizeKib: 256, ...options, ...each[i] }),
      ),
    );
    const rig = new FleetRig(uboards);
    rig.fleet.addSource(rig.ports);
    rig.ports.set(uboards.map((u) => u.tty));
    return rig;
  }

  /** Number of questions whether a program may be stopped. */
  get asked(): number {
    return this.#composed.count.asked;
  }

  /** Boards in the order of `uboards`. */
  get boards(): Board[] {
    return this.uboards.map((u) => {
      const board = this.fleet.byAddress(serialAddress(u.tty));
      if (!board) throw new Error(`${u.tty} is not in the fleet`);
      return board;
    });
  }

  async stop(): Promise<void> {
    this.fleet.dispose();
    await Promise.all(this.uboards.map((u) => u.stop()));
  }
}
