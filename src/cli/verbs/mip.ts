import { join } from 'node:path';
import { counted } from '../../core/counted';
import { UsageError } from '../../core/errors';
import { replaceFile } from '../../core/localFiles';
import {
  type InstalledPackage,
  type InstallOptions,
  type PackageBoard,
  type PackageManager,
  readLock,
} from '../../core/packages';
import { printable, type Cli, type VerbRun } from '../cli';
import { packageBoard, packageManager, readText, wantedPackages } from '../packages';
import { runOnBoards, type BoardIo } from '../board';

const LOCK_NAME = 'mpy.lock';

/**
 * `mip install|list|adopt|outdated|update|remove|search|lock|sync`: packages, resolved and
 * downloaded on this computer.
 */
export const run: VerbRun = async (cli, args) => {
  const [action = '', ...rest] = args;
  const known = Object.hasOwn(ACTIONS, action)
    ? ACTIONS[action as keyof typeof ACTIONS]
    : undefined;
  if (!known) {
    const actions = Object.keys(ACTIONS).join(', ');
    throw new UsageError(action ? `mip has no "${action}"` : 'mip needs an action', {
      hint: `Actions: ${actions}. Example: mpyfleet mip install aioble`,
    });
  }
  return known(cli, rest, packageManager(cli));
};

type Action = (cli: Cli, args: readonly string[], manager: PackageManager) => Promise<number>;

const install: Action = async (cli, args, manager) => {
  const specs = await wantedPackages(cli, args);
  if (specs.length === 0) {
    throw new UsageError('mip install needs packages', { hint: 'mpyfleet mip install aioble' });
  }
  return place(cli, manager, (board, options) => manager.install(board, specs, options));
};

const update: Action = (cli, args, manager) =>
  place(cli, manager, (board, options) =>
    manager.update(board, args.length > 0 ? args : undefined, options),
  );

const sync: Action = async (cli, args, manager) => {
  none(args, 'sync');
  const lock = readLock(await readText(cli, LOCK_NAME));
  return place(cli, manager, (board, options) => manager.installLock(board, lock, options));
};

/** Downloads once, installs on every board, and prints the installed packages. */
function place(
  cli: Cli,
  manager: PackageManager,
  work: (board: PackageBoard, options: InstallOptions) => Promise<InstalledPackage[]>,
): Promise<number> {
  const downloads = manager.downloads(cli.signal);
  const { mpy, force } = cli.options;
  return onBoards(cli, 'Installing', async (board, io) => {
    const placed = await work(board, {
      ...{ downloads, compile: mpy, replace: force, signal: io.signal },
      ...targetOf(cli),
      onProgress: (done, total, path) => io.progress(done, total, path),
    });
    for (const p of placed) io.say(line(p, p.wanted ? '' : '(required by other packages)'));
    if (placed.length === 0) io.say('Nothing to do\n');
    return placed;
  });
}

const list: Action = (cli, args, manager) => {
  none(args, 'list');
  return onBoards(cli, 'Listing', async (board, io) => {
    const installed = await manager.list(board, io.signal);
    for (const p of installed) io.say(line(p, p.state === 'intact' ? '' : p.state));
    if (installed.length === 0) {
      io.say(
        'Nothing was installed from here; mip adopt finds packages that were installed from elsewhere\n',
      );
    }
    return installed;
  });
};

const adopt: Action = (cli, args, manager) => {
  none(args, 'adopt');
  return onBoards(cli, 'Looking', async (board, io) => {
    const found = await manager.adopt(board, { signal: io.signal, ...targetOf(cli) });
    for (const p of found) io.say(line(p, p.wanted ? '' : '(required by other packages)'));
    if (found.length === 0) io.say('No other package of the index was found on the board\n');
    return found;
  });
};

const outdated: Action = (cli, args, manager) => {
  none(args, 'outdated');
  return onBoards(cli, 'Comparing', async (board, io) => {
    const found = await manager.outdated(board, io.signal);
    for (const { installed, latest } of found) io.say(line(installed, `-> ${latest}`));
    if (found.length === 0) io.say('All packages are up to date\n');
    return found;
  });
};

const remove: Action = (cli, args, manager) => {
  if (args.length === 0) throw new UsageError('mip remove needs packages');
  return onBoards(cli, 'Removing', async (board, io) => {
    const done = await manager.remove(board, args, {
      ...{ replace: cli.options.force, signal: io.signal },
    });
    for (const p of done.removed) io.say(line(p, 'removed'));
    for (const { id, neededBy } of done.kept) io.say(`${id} stays: ${neededBy} needs it\n`);
    return done;
  });
};

const search: Action = async (cli, args, manager) => {
  const found = await manager.search(args.join(' '), { signal: cli.signal });
  if (cli.options.json) cli.out(`${JSON.stringify(found, undefined, 2)}\n`);
  else for (const p of found) cli.out(line(p, p.description));
  if (found.length === 0) cli.err('No package in the index matches these words.\n');
  return found.length === 0 ? 1 : 0;
};

/** Writes mpy.lock for the named packages, or for those installed on the board. */
const lock: Action = async (cli, args, manager) => {
  const specs = await wantedPackages(cli, args);
  const options = { signal: cli.signal, ...targetOf(cli) };
  const write = async (text: string) => {
    await replaceFile(join(cli.cwd, LOCK_NAME), text, { follow: true });
    return `${counted(readLock(text).packages.length, 'package')} in ${LOCK_NAME}\n`;
  };
  if (specs.length > 0) {
    cli.err(await write(await manager.lock(specs, [COMPILED], options)));
    return 0;
  }
  return runOnBoards(cli, 'Locking', async (board, io, boards) => {
    if (boards.length > 1) throw new UsageError('mip lock works on one board');
    const there = await packageBoard(cli, board, io.signal);
    io.say(await write(await manager.lockBoard(there, [COMPILED], options)));
  });
};

/** Describes a board that loads today's .mpy files. Source is locked in any case. */
const COMPILED = { mpy: { version: 6, subVersion: 3, arch: '' } };

const ACTIONS = { install, list, adopt, outdated, update, remove, search, lock, sync };

function onBoards(
  cli: Cli,
  doing: string,
  work: (board: PackageBoard, io: BoardIo) => Promise<unknown>,
): Promise<number> {
  return runOnBoards(cli, doing, async (board, io) =>
    work(await packageBoard(cli, board, io.signal), io),
  );
}

function line(p: { name: string; version: string }, note: string): string {
  return `${printable(`${p.name} ${p.version}  ${note}`).replaceAll('\n', ' ').trimEnd()}\n`;
}

/** Returns the folder on the board, if one was named. */
function targetOf({ options: { target } }: Cli): { readonly target?: string } {
  return target === undefined ? {} : { target };
}

function none(args: readonly string[], action: string): void {
  if (args.length > 0) throw new UsageError(`mip ${action} takes no arguments`);
}
