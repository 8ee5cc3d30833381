import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { FleetError } from '../../../src/core/errors';
import { applyPlan } from '../../../src/core/sync/apply';
import type { Fault } from '../../lab/serlink.mjs';
import { startRig, type Rig } from './filesRig';
import { Workspace } from './syncRig';
import { Wire } from './wireStates';

export type Contents = Readonly<Record<string, Buffer>>;

/** A disturbed job on files: the content of the board before, and the intended content. */
export interface Job {
  readonly what: string;
  readonly before: Contents;
  readonly after: Contents;
  /** Paths that are gone afterwards. */
  readonly removes: boolean;
}

/** Returns files of incompressible bytes, the same in every run. */
function contents(kind: string, size: number, names: readonly string[]): Contents {
  const body = (name: string) =>
    Buffer.concat(
      Array.from({ length: size / 32 }, (_, i) =>
        createHash('sha256').update(`${kind}${name}${i}`).digest(),
      ),
    );
  return Object.fromEntries(names.map((name) => [name, body(name)]));
}

const IN_FOLDER = ['f/a.py', 'f/b.bin', 'f/deep/c.bin'];
export const JOBS: readonly Job[] = [
  {
    what: 'upload of a file',
    before: contents('old', 640, ['one.bin']),
    after: contents('new', 9600, ['one.bin']),
    removes: false,
  },
  {
    what: 'upload of a folder',
    before: contents('old', 640, IN_FOLDER),
    after: contents('new', 3200, IN_FOLDER),
    removes: false,
  },
  {
    what: 'sync',
    before: contents('old', 640, ['a.py', 'lib/b.py', 'd.py', 'gone.py']),
    after: contents('new', 3200, ['a.py', 'lib/b.py', 'd.py', 'fresh.py', 'lib/deep/e.py']),
    removes: true,
  },
];

/** A board on which one job is disturbed repeatedly, each time from the same state. */
export class Bench {
  readonly #workspaces: Workspace[] = [];

  private constructor(
    readonly rig: Rig,
    readonly job: Job,
    private readonly old: Workspace,
  ) {}

  static async start(job: Job): Promise<Bench> {
    const rig = await startRig({ sizeKib: 1024, drop: false });
    const old = new Workspace(() => rig.files);
    old.put(job.before);
    return new Bench(rig, job, old);
  }

  async stop(): Promise<void> {
    for (const work of [this.old, ...this.#workspaces]) work.dispose();
    await this.rig.stop();
  }

  /** A folder on the computer with the new files, and an empty store for undo. */
  workspace(): Workspace {
    const work = new Workspace(() => this.rig.files);
    work.put(this.job.after);
    this.#workspaces.push(work);
    return work;
  }

  /**
   * Restores the old files on the board, removes others, and forgets everything known about the
   * board.
   */
  async begin(): Promise<void> {
    await this.old.sync('mirror');
    await this.atPrompt();
    await this.rig.reconnect();
    this.rig.forget();
  }

  /**
   * A session may still be ending. This waits for it, and sends nothing to a board at its prompt.
   */
  atPrompt(): Promise<void> {
    return this.rig.transport.interrupt();
  }

  /**
   * Does the job like the product. A sync compares first. Then this waits for the board's prompt,
   * because the raw REPL is left in between if the comparison took long, and positions on the wire
   * must mean the same in each run.
   */
  async run(): Promise<void> {
    if (!this.job.removes) {
      const items = Object.entries(this.job.after);
      await this.rig.files.writeMany(items.map(([path, content]) => ({ path, content })));
      return;
    }
    const workspace = this.workspace();
    const plan = await workspace.plan('mirror');
    await this.atPrompt();
    await applyPlan(plan, workspace.options());
  }

  /** Records the traffic without a fault. */
  async record(): Promise<Wire> {
    await this.begin();
    await this.rig.cable.record();
    await this.run();
    await this.atPrompt();
    return new Wire(await this.rig.cable.recorded());
  }

  /**
   * Does the job with a fault. Undefined if it reports success, else its error, which must be one
   * of ours and clear.
   */
  async disturbed(fault: Fault): Promise<FleetError | undefined> {
    await this.begin();
    await this.rig.cable.fault(fault);
    return this.outcome(this.run());
  }

  async outcome(running: Promise<void>): Promise<FleetError | undefined> {
    try {
      await running;
      return undefined;
    } catch (error) {
      expect(error).toBeInstanceOf(FleetError);
      expect((error as FleetError).message.length).toBeGreaterThan(10);
      return error as FleetError;
    }
  }

  /** Checks that every file is completely old or new, and that none that should stay is missing. */
  async expectWhole(where: string): Promise<void> {
    const { before, after } = this.job;
    const there = await this.rig.board.files();
    for (const [path, data] of Object.entries(there)) {
      if (/\.mpf[0-9a-f]{8}~$/.test(path)) continue;
      const name = path.slice(1);
      const whole = [before[name], after[name]].some((content) => content?.equals(data));
      expect(whole, `${where}: ${path} is neither old nor new`).toBe(true);
    }
    for (const name of Object.keys(before)) {
      if (name in after) expect(there[`/${name}`], `${where}: ${name} is missing`).toBeDefined();
    }
  }

  /** Checks that exactly the new files exist: nothing torn, nothing left over. */
  async expectDone(where: string): Promise<void> {
    const there = await this.rig.board.files();
    const { after } = this.job;
    const paths = Object.keys(after).map((name) => `/${name}`);
    expect(Object.keys(there).sort(), where).toEqual(paths.sort());
    for (const [name, content] of Object.entries(after)) {
      expect(there[`/${name}`]?.equals(content), `${where}: ${name}`).toBe(true);
    }
  }

  /**
   * After a reported fault: files are complete, and repeating the job fixes everything and deletes
   * leftovers.
   */
  async expectMendable(where: string): Promise<void> {
    await this.expectWhole(where);
    await this.rig.reconnect();
    await this.run();
    await this.expectDone(where);
  }
}

/** Does `work` for each of `cases`, in parallel on `lanes` boards made by `start`. */
export async function onBenches<B extends { stop: () => Promise<void> }, T>(
  start: () => Promise<B>,
  lanes: number,
  cases: readonly T[],
  work: (bench: B, one: T) => Promise<void>,
): Promise<void> {
  const waiting = [...cases];
  const lane = async () => {
    const bench = await start();
    try {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
        await work(bench, one);
      }
    } finally {
      await bench.stop();
    }
  };
  // All lanes end before the first failure is thrown, so none starts another board after its test.
  const ends = await Promise.allSettled(Array.from({ length: lanes }, lane));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
