import { dirname } from 'node:path';
import {
  type DeviceRegistry,
  deviceRules,
  deviceTree,
  expandPath,
  libraryFolders,
  resolveDevice,
} from '../../core/deviceYaml';
import { UsageError } from '../../core/errors';
import { compileForBoard, compileTree, keepPackages } from '../../core/packages';
import {
  below,
  confinedFs,
  type LocalFs,
  type LocalTree,
  nodeLocalFs,
  parseSpec,
  plan,
  prepareTree,
  type SyncMode,
  type SyncRules,
  specRules,
  specTree,
  type TransformTree,
} from '../../core/sync';
import { type CliBoard, deviceEnvironment, deviceFilesIn, DEVICES, runOnBoards } from '../board';
import { type Cli, printable } from '../cli';
import { mpyCross, packageBoard, packagesOn } from '../packages';
import { carryOut, inRepository, localPath } from './steps';

/** The files for one board, and which of the others may be deleted. */
interface Wanted {
  readonly local: LocalTree;
  readonly rules: SyncRules;
}

/** A file that says what belongs on boards. */
interface Source {
  readonly localFs: LocalFs;
  wanted(board: CliBoard, signal: AbortSignal): Promise<Wanted>;
}

/**
 * Syncs boards by a file: an mqsync specification, or a device file (.yaml). Without a name, uses
 * the device files of this folder and of IOT_DEVICES.
 */
export async function syncNamed(cli: Cli, file: string | undefined): Promise<number> {
  const { mirror, pull } = cli.options;
  const isDevices = file === undefined || /\.ya?ml$/i.test(file);
  if (mirror && pull) throw new UsageError('--mirror and --pull exclude each other');
  if (mirror && !isDevices) throw new UsageError('A specification never deletes files');
  const mode: SyncMode = mirror ? 'mirror' : pull ? 'pull' : 'push';
  const source = await (isDevices ? devices(cli, file) : specification(cli, file));
  const { localFs } = source;
  return runOnBoards(cli, 'Syncing', async (board, io) => {
    const { signal } = io;
    const { local, rules } = await source.wanted(board, signal);
    const isMarked = mode !== 'pull' && local.files.some(({ compile }) => compile);
    const transform = isMarked ? await compiling(cli, board, localFs, signal) : undefined;
    const made = await prepareTree(
      { files: board.files, localFs, ...(transform && { transform }) },
      local,
      rules,
      signal,
    );
    const installed = mirror ? await packagesOn(cli, board, signal) : [];
    const steps = plan(made.local, made.remote, mode, keepPackages(made.rules, installed));
    return carryOut(cli, { board, io, localFs }, steps);
  });
}

/** Compiles the marked files in the format that the board loads. */
async function compiling(
  cli: Cli,
  board: CliBoard,
  localFs: LocalFs,
  signal: AbortSignal,
): Promise<TransformTree> {
  const kind = await packageBoard(cli, board, signal);
  const cross = mpyCross(cli);
  return (tree, remote) =>
    compileTree(tree, remote, async ({ board: path, local, compile }) =>
      compile ? compileForBoard(path, await localFs.read(local), kind, cross) : undefined,
    );
}

/**
 * Reads an mqsync specification. Its sources are looked up next to it, then in the current folder.
 */
async function specification(cli: Cli, file: string): Promise<Source> {
  const path = localPath(cli, file);
  const folder = path.slice(0, path.lastIndexOf('/'));
  const cwd = localPath(cli, '.');
  const localFs = await reading(cli, folder, [cwd]);
  const spec = parseSpec(new TextDecoder().decode(await nodeLocalFs.read(path)));
  return {
    localFs,
    wanted: async (_, signal) => {
      const local = await specTree(spec, localFs, folder, signal, [cwd]);
      return { local, rules: specRules(local) };
    },
  };
}

/** Reads device files in iot-kernel's notation. A board is found by its name, else by its uid. */
async function devices(cli: Cli, file: string | undefined): Promise<Source> {
  const environment = deviceEnvironment(cli.env);
  const cwd = localPath(cli, '.');
  const registry = await registryOf(cli, file);
  const base = file === undefined ? cwd : dirname(localPath(cli, file));
  const own = ['$IOT49', '$IOT_PROJECTS'].filter((name) => cli.env[name.slice(1)]);
  const more = own.map((name) => expandPath(name, environment).path);
  const localFs = await reading(cli, base, [cwd, ...libraryFolders(environment), ...more]);
  return {
    localFs,
    wanted: async (board, signal) => {
      const device =
        registry.find(board.name) ?? registry.find((await packageBoard(cli, board, signal)).key);
      if (!device) {
        throw new UsageError(`No device file names ${printable(board.name)}`, {
          hint: 'Name the board in a .yaml file, by its name or its uid.',
        });
      }
      const resolved = await resolveDevice(device, { fs: localFs, environment, base, signal });
      const ofFile = registry.diagnostics.filter((d) => d.file === device.place.file);
      const diagnostics = [...ofFile, ...resolved.diagnostics];
      const isWhole = diagnostics.every((d) => d.severity !== 'error');
      const rules = deviceRules(device, resolved.files, isWhole, []);
      return { local: await deviceTree({ ...resolved, diagnostics }, localFs, signal), rules };
    },
  };
}

async function registryOf(cli: Cli, file: string | undefined): Promise<DeviceRegistry> {
  const { readRegistry } = await import('../../core/deviceYaml/registry');
  const listed = file === undefined ? await deviceFilesIn(cli.cwd, cli.env) : [];
  const paths = file === undefined ? listed.map(({ path }) => path) : [localPath(cli, file)];
  if (paths.length === 0) {
    throw new UsageError('sync needs a local folder, a specification or device files', {
      hint: `mpyfleet sync src :/   or   mpyfleet sync kitchen.yaml. Without a name, those in ${DEVICES} and IOT_DEVICES are used.`,
    });
  }
  const texts: { file: string; text: string }[] = [];
  for (const path of paths) {
    texts.push({ file: path, text: new TextDecoder().decode(await nodeLocalFs.read(path)) });
  }
  return readRegistry(texts, {});
}

/**
 * Returns a reader that accepts paths below a folder, in the repository around it and in `others`.
 * These files may come with a repository and could name every file of the user, so other paths need
 * --force.
 */
async function reading(cli: Cli, folder: string, others: readonly string[]): Promise<LocalFs> {
  const inside = await inRepository(folder);
  const real = await Promise.all(others.map((path) => nodeLocalFs.real(path)));
  const mayRead = async (path: string) =>
    cli.options.force ||
    real.some((other) => below(other, path) !== undefined) ||
    (await inside(path));
  return confinedFs(nodeLocalFs, folder, mayRead);
}
