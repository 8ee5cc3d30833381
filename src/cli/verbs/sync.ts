import { UsageError } from '../../core/errors';
import {
  BOARD_FOLDER,
  boardPath as canonicalPath,
  confinedFs,
  forBoard,
  nodeLocalFs,
  planFolder,
  type SyncMode,
  type SyncRules,
} from '../../core/sync';
import { boardPath } from '../files';
import { type Cli, printable, type VerbRun } from '../cli';
import { type CliBoard, runOnBoards } from '../board';
import { carryOut, inRepository, localPath } from '../sync/steps';

/**
 * `sync [--mirror | --pull] [--dry-run] FOLDER [:PATH]`: transfers only what differs, and deletes
 * nothing without --mirror. `sync [FILE]`: uses an mqsync specification or a device file, which say
 * what goes where.
 */
export const run: VerbRun = async (cli, args) => {
  const [folder, place, ...more] = args;
  if (await isFile(cli, folder)) {
    const { syncNamed } = await import('../sync/named');
    if (folder !== undefined && place !== undefined) {
      throw new UsageError(`${folder} itself specifies where files go on the board`);
    }
    return syncNamed(cli, folder);
  }
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
    const keep = mirror ? await installedOn(cli, board, io.signal) : undefined;
    const plan = await planFolder({ ...sync, ...(keep && { keep }) }, mode, io.signal);
    return carryOut(cli, { board, io, localFs }, plan);
  });
};

/** Returns what keeps installed packages on a board. Only a mirror deletes, so the code for packages is not read otherwise. */
async function installedOn(
  cli: Cli,
  board: CliBoard,
  signal: AbortSignal,
): Promise<(rules: SyncRules) => SyncRules> {
  const { packagesOn } = await import('../packages');
  const { keepPackages } = await import('../../core/packages/installed');
  const installed = await packagesOn(cli, board, signal);
  return (rules) => keepPackages(rules, installed);
}

/**
 * Returns whether a file says which files go where: the given one or, without a name, a device
 * file.
 */
async function isFile(cli: Cli, path: string | undefined): Promise<boolean> {
  if (path === undefined) return true;
  return (await nodeLocalFs.stat(localPath(cli, path)))?.type === 'file';
}

/** Checks that a local folder exists. @throws UsageError */
async function checkFolder(cli: Cli, folder: string): Promise<void> {
  const found = await nodeLocalFs.stat(localPath(cli, folder));
  if (found?.type !== 'dir') throw new UsageError(`${folder} is not a folder`);
}

/**
 * Returns the name if it can be that of a folder.
 * @throws UsageError if the board's name, which the board chose itself, cannot be that of a folder
 */
function folderName(name: string): string {
  if (forBoard(BOARD_FOLDER, name)) return name;
  throw new UsageError(`${printable(name)} cannot be the name of a folder`);
}
