import { homedir } from 'node:os';
import { posix, resolve } from 'node:path';
import { UsageError } from '../../core/errors';
import {
  applyPlan,
  below,
  BOARD_FOLDER,
  boardPath as canonicalPath,
  confinedFs,
  forBoard,
  type MayRead,
  nodeLocalFs,
  nodeUndoFolder,
  planFolder,
  planSummary,
  resultSummary,
  type SyncMode,
  type SyncPlan,
  UndoStore,
} from '../../core/sync';
import { keepPackages } from '../../core/packages';
import { boardPath, undoFolder } from '../files';
import { type Cli, printable, type VerbRun } from '../cli';
import { packagesOn } from '../packages';
import { runOnBoards, type BoardIo } from '../board';

/** `sync [--mirror | --pull] [--dry-run] FOLDER [:PATH]`: only what differs is moved; nothing is deleted without --mirror. */
export const run: VerbRun = async (cli, args) => {
  const [folder, place, ...more] = args;
  if (folder === undefined || folder.startsWith(':') || more.length > 0) {
    throw new UsageError('sync needs a local folder, and takes a folder on the board', {
      hint: 'mpyfleet sync src :/   or   mpyfleet sync --dry-run src :/app',
    });
  }
  const remote = place === undefined ? undefined : boardPath(place);
  const { mirror, pull } = cli.options;
  if (mirror && pull) throw new UsageError('--mirror and --pull exclude each other');
  const mode: SyncMode = mirror ? 'mirror' : pull ? 'pull' : 'push';
  const perBoard = folder.includes('{name}');
  if (!perBoard && mode !== 'pull') await checkFolder(cli, folder);
  const undo = new UndoStore(nodeUndoFolder(undoFolder(cli)));
  return runOnBoards(cli, 'Syncing', async (board, io) => {
    const named = folder.replaceAll('{name}', perBoard ? folderName(board.name) : '');
    if (perBoard && mode !== 'pull') await checkFolder(cli, named);
    const local = localPath(cli, named);
    const localFs = confinedFs(nodeLocalFs, local, await inRepository(local));
    const mappings =
      remote === undefined
        ? []
        : [{ from: '', to: canonicalPath(await board.resolve(remote, io.signal)) }];
    const sync = {
      files: board.files,
      localFs,
      folder: local,
      mappings,
      ignore: [],
      protect: [],
    };
    const installed = mirror ? await packagesOn(cli, board, io.signal) : [];
    const plan = await planFolder(
      { ...sync, keep: (rules) => keepPackages(rules, installed) },
      mode,
      io.signal,
    );
    sayPlan(plan, io, cli.options.dryRun);
    if (cli.options.dryRun) return planValue(plan);
    const result = await applyPlan(plan, {
      files: board.files,
      localFs,
      undo,
      board: board.uid ?? board.address.text,
      now: Date.now,
      signal: io.signal,
      onProgress: (done, total, path) => io.progress(done, total, path),
    });
    io.say(`${resultSummary(result)}\n`);
    return result;
  });
};

function localPath({ cwd }: Cli, folder: string): string {
  return resolve(cwd, folder).replaceAll('\\', '/');
}

/** @throws UsageError */
async function checkFolder(cli: Cli, folder: string): Promise<void> {
  const found = await nodeLocalFs.stat(localPath(cli, folder));
  if (found?.type !== 'dir') throw new UsageError(`${folder} is not a folder`);
}

/** @throws UsageError for a board whose name, which it gives itself, cannot be that of a folder */
function folderName(name: string): string {
  if (forBoard(BOARD_FOLDER, name)) return name;
  throw new UsageError(`${printable(name)} cannot be the name of a folder`);
}

/** A link may lead anywhere in the repository that contains `folder`. */
async function inRepository(folder: string): Promise<MayRead> {
  for (let at = folder; at !== posix.dirname(at); at = posix.dirname(at)) {
    if (at === homedir().replaceAll('\\', '/')) break;
    if ((await nodeLocalFs.list(at))?.some(({ name }) => name === '.git')) {
      const root = await nodeLocalFs.real(at);
      return (path) => below(root, path) !== undefined;
    }
  }
  return () => false;
}

/** Prints one line for each step, and the excluded files with the reason. */
function sayPlan(plan: SyncPlan, io: BoardIo, dryRun: boolean): void {
  for (const { severity, path, message } of plan.problems) {
    io.say(`${severity}: ${printable(path)}: ${printable(message)}\n`);
  }
  for (const { kind, path, type } of plan.actions) {
    io.say(`${kind.padEnd(6)}  ${printable(path)}${type === 'dir' ? '/' : ''}\n`);
  }
  for (const path of plan.kept) io.say(`keep    ${printable(path)} (protected)\n`);
  if (dryRun) io.say(`${planSummary(plan)}\n`);
}

function planValue(plan: SyncPlan): object {
  const actions = plan.actions.map(({ kind, type, path, size }) => ({ kind, type, path, size }));
  return { actions, unchanged: plan.unchanged, problems: plan.problems };
}
