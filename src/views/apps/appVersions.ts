import {
  type Assignment,
  AssignedPackages,
  AssignmentFile,
  assignmentFor,
  appOfBirth,
  type BoardApp,
  type Drift,
  driftOf,
  parseAppInfo,
} from '../../core/apps';
import type { Board } from '../../core/board';
import type { BrokerHub, Presence } from '../../core/broker/broker';
import { followBrokers } from '../../core/broker/followBrokers';
import { asError } from '../../core/errors';
import { DisposableStore, Emitter, type Disposable } from '../../core/events';
import type { Log } from '../../core/log';

/** Interval, in milliseconds, at which the assigned folders and branches are checked. */
const LOOK_MS = 30_000;
/** Milliseconds for which the result of a selector is cached. */
const KEEP_MS = 500;
/** Number of boards asked in parallel. A broker that returns may report a thousand at once. */
const AT_ONCE = 8;

/** The version that a board runs and the one that it should run. */
export interface AppVersion {
  /** `NAME/VERSION-HASH`; undefined: no app, or not known. */
  readonly run?: string;
  readonly onTrial: boolean;
  readonly bad?: BoardApp['bad'];
  /** The version assigned to the board. */
  readonly desired?: string;
  readonly drift: Drift;
}

export interface AppVersionsOptions {
  readonly hub: Pick<BrokerHub, 'all' | 'onDidChange' | 'agent'>;
  readonly log: Log;
  /** Returns the boards that a selector matches. */
  readonly select: (selector: string) => readonly Board[];
  /** Resolves the board of a unique id. */
  readonly byUid: (uid: string) => Board | undefined;
}

/** The running and the desired version of the app on each board. */
export class AppVersions implements Disposable {
  readonly file = new AssignmentFile(process.env);
  readonly #lifetime = new DisposableStore();
  readonly #changed = this.#lifetime.add(new Emitter<Board | undefined>());
  /** The versions of a board have changed. Undefined: those of any board. */
  readonly onDidChange = this.#changed.event;
  readonly #running = new Map<string, BoardApp>();
  /** Assignments, each with the version that it means now. */
  #assigned: readonly (Assignment & { readonly id: string })[] = [];
  /**
   * Cached results of selectors while the tree is drawn. Matching thousands of boards again for each
   * of them takes minutes.
   */
  readonly #chosen = new Map<string, ReadonlySet<Board>>();
  #seen = '';
  /** Boards to be asked, with their brokers. */
  readonly #waiting = new Map<string, string>();
  #asking = 0;

  constructor(private readonly options: AppVersionsOptions) {
    const { hub } = options;
    this.#lifetime.add(
      followBrokers(hub, (broker) => {
        const boots = new Map<string, string>();
        const ask = (uid: string) => this.#ask(uid, broker.profile.id);
        const came = ({ uid, state }: Presence) => {
          if (!state.on) return;
          const told = state.app && appOfBirth(state.app);
          if (told) {
            this.#run(uid, told);
            return;
          }
          // An older agent, or one that fell back, answers in detail, once after each start.
          if (boots.get(uid) === state.boot) return;
          boots.set(uid, state.boot);
          ask(uid);
        };
        for (const [uid, state] of broker.presences) came({ uid, state });
        const subscriptions = new DisposableStore();
        subscriptions.add(broker.onPresence(came));
        // A version was confirmed, or the board fell back.
        subscriptions.add(
          broker.onMessage(({ uid, topic, data }) => {
            if (topic === 'ev' && data.ev === 'app') ask(uid);
          }),
        );
        return subscriptions;
      }),
    );
    const look = setInterval(() => void this.refresh(), LOOK_MS);
    this.#lifetime.add({ dispose: () => clearInterval(look) });
    void this.refresh();
  }

  /** Returns the versions of a board; undefined if it has no app and none is assigned. */
  of(board: Board): AppVersion | undefined {
    const running = board.uid === undefined ? undefined : this.#running.get(board.uid);
    const desired = this.assigned(board)?.id;
    if (!running?.run && !running?.bad && desired === undefined) return undefined;
    const drift = desired === undefined ? 'none' : driftOf(running, desired);
    return { onTrial: false, ...running, ...(desired === undefined ? {} : { desired }), drift };
  }

  /** Returns the assignment for a board: the last one that selects it. */
  assigned(board: Board): (Assignment & { readonly id: string }) | undefined {
    return assignmentFor(this.#assigned, (to) => this.#selects(to, board));
  }

  /**
   * Reads the assignments and their current versions again. Errors are logged, since the next
   * attempt may succeed.
   */
  async refresh(): Promise<void> {
    try {
      const all: (Assignment & { id: string })[] = [];
      const packages = new AssignedPackages();
      for (const assignment of await this.file.read()) {
        const { id } = await packages.read(assignment);
        all.push({ ...assignment, id });
      }
      this.#assigned = all;
    } catch (error) {
      this.options.log.warn(`Assigned apps: ${asError(error).message}`);
    }
    const seen = JSON.stringify(this.#assigned);
    if (seen !== this.#seen) this.#changed.fire(undefined);
    this.#seen = seen;
  }

  dispose(): void {
    this.#lifetime.dispose();
  }

  #selects(to: string, board: Board): boolean {
    let chosen = this.#chosen.get(to);
    if (!chosen) {
      chosen = new Set(this.#select(to));
      if (this.#chosen.size === 0) setTimeout(() => this.#chosen.clear(), KEEP_MS);
      this.#chosen.set(to, chosen);
    }
    return chosen.has(board);
  }

  #select(to: string): readonly Board[] {
    try {
      return this.options.select(to);
    } catch {
      return []; // a selector that the shell wrote with one of its own groups
    }
  }

  #ask(uid: string, broker: string): void {
    this.#waiting.set(uid, broker);
    this.#work();
  }

  #work(): void {
    for (const [uid, broker] of this.#waiting) {
      if (this.#asking >= AT_ONCE) return;
      this.#waiting.delete(uid);
      this.#asking++;
      void this.#askNow(uid, broker).finally(() => {
        this.#asking--;
        this.#work();
      });
    }
  }

  #run(uid: string, app: BoardApp): void {
    const before = this.#running.get(uid);
    if (before && before.run === app.run && before.onTrial === app.onTrial && !before.bad) return;
    this.#running.set(uid, app);
    this.#changed.fire(this.options.byUid(uid));
  }

  async #askNow(uid: string, broker: string): Promise<void> {
    const control = this.options.hub.agent(broker, uid);
    if (!control?.birth) return;
    try {
      this.#running.set(uid, parseAppInfo(await control.askApp({ a: 'info' })));
    } catch (error) {
      // A board without an app rejects this; a board that left is asked when it returns.
      this.options.log.debug(`${uid}: ${asError(error).message}`);
      if (!this.#running.delete(uid)) return;
    }
    this.#changed.fire(this.options.byUid(uid));
  }
}
