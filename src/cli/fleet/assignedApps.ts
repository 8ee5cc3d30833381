import {
  appOfBirth,
  AssignedPackages,
  type Assignment,
  AssignmentFile,
  assignmentFor,
  type AppPackage,
  driftOf,
} from '../../core/apps';
import { Queue, systemClock } from '../../core/async';
import { auditError } from '../../core/audit/auditError';
import { followBrokers } from '../../core/broker/followBrokers';
import { asError } from '../../core/errors';
import { DisposableStore, type Disposable } from '../../core/events';
import { forEachBoard, selectBoards } from '../../core/many';
import { bundledFiles } from '../files';
import { chooseBoards, type CliBoard } from '../board';
import { printable, type Cli } from '../cli';
import { applyTo } from './deployApp';
import { every, type Watched } from './watch';
import { GroupUpload } from './groupUpload';
import { audited } from './history';

/** Milliseconds between two readings of the assignments, their folders and their branches. */
const LOOK_MS = 10_000;
/** Milliseconds within which boards that connect share one publication of a version. */
const GATHER_MS = 250;
/** Milliseconds before a failed deployment to a board is retried without a restart of the board. */
const AGAIN_MS = 300_000;

/** Whether a board runs something other than its assigned app, or does not report what it runs. */
interface Differing {
  readonly board: CliBoard;
  readonly uid: string;
  readonly app: AppPackage;
  readonly boot: string;
}

/** The last deployment to a board. */
interface Tried {
  readonly id: string;
  readonly boot: string;
  readonly at: number;
}

/**
 * Deploys the assigned apps to boards behind brokers that run something else: when they connect,
 * and when an assignment or its branch changes. Does not retry a version that a board fell back
 * from. Stops when the result is disposed.
 */
export function applyAssigned(cli: Cli, { links, hub }: Watched): Disposable {
  const file = new AssignmentFile(cli.env);
  const lifetime = new DisposableStore();
  const tried = new Map<string, Tried>();
  const said = new Map<string, string>();
  /** Reports each problem once per key, until a different one occurs. */
  const say = (key: string, words: string) => {
    if (said.get(key) !== words) cli.err(printable(`${words}\n`));
    said.set(key, words);
  };
  let packages = new AssignedPackages();
  let timer: Disposable | undefined;
  const turns = new Queue();

  const work = async (): Promise<void> => {
    try {
      const all = await file.read();
      if (all.length > 0) await deploy(await differing(all));
      said.delete('');
    } catch (error) {
      say('', `Assigned apps: ${asError(error).message}`);
    }
  };

  const differing = async (all: readonly Assignment[]): Promise<Differing[]> => {
    const boards = await chooseBoards(
      { ...cli, options: { ...cli.options, board: ['all'] } },
      links,
    );
    const found: Differing[] = [];
    for (const board of boards) {
      if (board.address.kind !== 'mqtt') continue;
      const { broker, uid } = board.address;
      const state = hub.get(broker)?.presences.get(uid);
      const own = assignmentFor(all, (to) => selects(to, board));
      if (!state?.on || !own) continue;
      const app = await packages.read(own, cli.signal);
      const last = tried.get(uid);
      const isTried = last?.id === app.id && last.boot === state.boot;
      if (isTried && Date.now() - last.at < AGAIN_MS) continue;
      // An older agent, and one whose app fell back, report only on request what they run.
      const told = state.app && appOfBirth(state.app);
      if (told && driftOf(told, app.id) === 'none') continue;
      found.push({ board, uid, app, boot: state.boot });
    }
    return found;
  };

  const selects = (to: string, board: CliBoard): boolean =>
    selectBoards(to, [board], links.registry.groups).boards.length > 0;

  const deploy = async (found: readonly Differing[]): Promise<void> => {
    if (found.length === 0) return;
    const supervisor = await bundledFiles('fleet');
    const groups = new GroupUpload(cli.signal);
    await audited(cli, 'app apply', async (own) => {
      const outcomes = await forEachBoard(
        found,
        async ({ board, uid, app, boot }, signal) => {
          tried.set(uid, { id: app.id, boot, at: Date.now() });
          const boards = found.filter((f) => f.app.id === app.id).map((f) => f.board);
          const io = {
            ...{ signal, progress: () => undefined },
            say: (text: string) => cli.err(printable(`${board.name}: ${text}`)),
          };
          try {
            await applyTo({ board, boards, io, groups }, app, supervisor);
          } finally {
            await board.close();
          }
        },
        { concurrency: cli.options.parallel, signal: cli.signal },
      );
      for (const outcome of outcomes) {
        const { uid, board } = outcome.board;
        const error = outcome.status === 'failed' ? outcome.error : undefined;
        const ending =
          outcome.status === 'cancelled' ? { status: outcome.status } : auditError(error);
        own.worked?.({ uid, name: board.name, ...ending });
        if (error) say(uid, `${board.name}: ${error.message}`);
      }
      return 0;
    });
  };

  const soon = () => {
    timer ??= systemClock.after(GATHER_MS, () => {
      timer = undefined;
      // One run at a time. Boards that connect during a run are served by the next.
      if (turns.length < 2) void turns.run(work);
    });
  };
  lifetime.add(
    followBrokers(hub, (broker) => broker.onPresence(({ state }) => state.on && soon())),
  );
  lifetime.add(
    every(LOOK_MS, () => {
      packages = new AssignedPackages();
      soon();
    }),
  );
  soon();
  lifetime.add({ dispose: () => timer?.dispose() });
  return lifetime;
}
