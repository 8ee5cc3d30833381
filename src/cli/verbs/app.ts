import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  type AppPackage,
  appTemplate,
  AssignedPackages,
  AssignmentFile,
  assignmentFor,
  type BoardApp,
  driftOf,
  parseManifest,
  readApp,
  readBoardApp,
  removeApp,
  TEMPLATES,
} from '../../core/apps';
import { UsageError } from '../../core/errors';
import { selectBoards } from '../../core/many';
import { printable, type Cli, type VerbRun } from '../cli';
import { type CliBoard, loadRegistry, runOnBoards } from '../board';
import { applyTo, deployTo, GroupUpload } from '../fleet';
import { bundledFiles } from '../files';
import { keepAwake, setIntervals } from './appControl';

/** `app new|deploy|list|remove|assign|unassign|assignments|apply|set|awake`: apps by version on boards. */
export const run: VerbRun = (cli, args) => {
  const [action = '', ...rest] = args;
  const known = Object.hasOwn(ACTIONS, action)
    ? ACTIONS[action as keyof typeof ACTIONS]
    : undefined;
  if (known) return known(cli, rest);
  throw new UsageError(action ? `app has no "${action}"` : 'app needs an action', {
    hint: `Actions: ${Object.keys(ACTIONS).join(', ')}. Example: mpyfleet app new blinky`,
  });
};

type Action = (cli: Cli, args: readonly string[]) => Promise<number>;

const create: Action = async (cli, args) => {
  const [name, ...more] = args;
  if (name === undefined || more.length > 0) {
    throw new UsageError('app new needs a name', { hint: 'mpyfleet app new blinky' });
  }
  const { example = 'worker' } = cli.options;
  const kind = TEMPLATES.find((t) => t === example);
  if (!kind) {
    throw new UsageError(`There is no example "${example}"`, {
      hint: `There are ${TEMPLATES.join(', ')}.`,
    });
  }
  const files = appTemplate(name, kind);
  for (const [path, content] of files) if (path === 'app.json') parseManifest(content);
  const folder = resolve(cli.cwd, name);
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) throw new UsageError(`${name} is not empty`);
  for (const [path, content] of files) await writeFile(join(folder, path), content);
  cli.out(`${name}: ${[...files.keys()].join(', ')}\n`);
  return 0;
};

const deploy: Action = async (cli, args) => {
  const [place, ...more] = args;
  if (place === undefined || more.length > 0) {
    throw new UsageError('app deploy needs the folder of the app', {
      hint: 'mpyfleet -b kitchen app deploy blinky',
    });
  }
  const folder = resolve(cli.cwd, place);
  const { ref } = cli.options;
  const app = await readApp(folder, ref ?? '', cli.signal);
  const supervisor = await bundledFiles('fleet');
  const groups = new GroupUpload(cli.signal);
  return runOnBoards(cli, `Deploying ${app.id}`, async (board, io, boards) =>
    deployTo({ board, boards, io, groups }, app, supervisor),
  );
};

const list: Action = async (cli, args) => {
  none(args, 'list');
  const desired = await desiredApps(cli);
  return runOnBoards(cli, 'Apps', async (board, io) => {
    const app = await readBoardApp(board.files, io.signal);
    const wanted = await desired(board, io.signal);
    const drift = wanted && driftOf(app, wanted.id);
    io.say(`${printable(words(app))}\n`);
    if (wanted && drift !== 'none') io.say(`${printable(`should run: ${wanted.id}`)}\n`);
    return { ...app, ...(wanted ? { desired: wanted.id, drift } : {}) };
  });
};

/** Reads the assignments, and returns a function that finds the app assigned to a board. */
async function desiredApps(
  cli: Cli,
): Promise<(board: CliBoard, signal: AbortSignal) => Promise<AppPackage | undefined>> {
  const all = await new AssignmentFile(cli.env).read();
  const { groups } = await loadRegistry(cli.cwd, cli.env);
  const packages = new AssignedPackages();
  return async (board, signal) => {
    const own = assignmentFor(all, (to) => selectBoards(to, [board], groups).boards.length > 0);
    return own && packages.read(own, signal);
  };
}

/**
 * Deploys the assigned apps to boards that run something else. Does not retry a version that a
 * board fell back from.
 */
const apply: Action = async (cli, args) => {
  none(args, 'apply');
  const desired = await desiredApps(cli);
  const supervisor = await bundledFiles('fleet');
  const groups = new GroupUpload(cli.signal);
  return runOnBoards(cli, 'Applying', async (board, io, boards) => {
    const app = await desired(board, io.signal);
    if (!app) {
      io.say('nothing is assigned\n');
      return {};
    }
    return applyTo({ board, boards, io, groups }, app, supervisor);
  });
};

const assign: Action = async (cli, args) => {
  const [place, ...more] = args;
  if (place === undefined || more.length > 0) {
    throw new UsageError('app assign needs the folder of the app', {
      hint: "mpyfleet -b 'tag:lab' app assign blinky --ref latest",
    });
  }
  const to = selectorOf(cli);
  const folder = resolve(cli.cwd, place);
  const ref = cli.options.ref ?? '';
  const { id } = await readApp(folder, ref, cli.signal);
  await new AssignmentFile(cli.env).assign({ to, folder, ref });
  cli.out(printable(`${to}: ${id}\n`));
  cli.err(
    'mpyfleet app apply deploys it to the boards that run something else; mpyfleet watch does so as they connect\n',
  );
  return 0;
};

const unassign: Action = async (cli, args) => {
  none(args, 'unassign');
  const to = selectorOf(cli);
  if (await new AssignmentFile(cli.env).unassign(to)) return 0;
  throw new UsageError(`Nothing is assigned to ${to}`, {
    hint: 'mpyfleet app assignments shows what is assigned.',
  });
};

const assignments: Action = async (cli, args) => {
  none(args, 'assignments');
  const all = await new AssignmentFile(cli.env).read();
  if (cli.options.json) cli.out(`${JSON.stringify(all, undefined, 2)}\n`);
  else {
    for (const { to, folder, ref } of all) {
      cli.out(printable(`${to}  ${folder}  ${ref === '' ? 'files as they are' : ref}\n`));
    }
  }
  return 0;
};

/**
 * Returns the selector of -b unresolved: it also covers boards that get the tag later.
 * @throws UsageError without -b
 */
function selectorOf(cli: Cli): string {
  const to = cli.options.board?.join(',') ?? cli.env.MPYFLEET_BOARD;
  if (to) return to;
  throw new UsageError('Name the boards with -b', {
    hint: "mpyfleet -b 'tag:lab' app assign blinky",
  });
}

function words(app: BoardApp | undefined): string {
  if (!app) return 'no app';
  const lines = [app.run ? `${app.run}${app.onTrial ? '  on trial' : ''}` : 'no app runs'];
  if (app.old) lines.push(`before it: ${app.old}`);
  if (app.bad) lines.push(`did not stay up: ${app.bad.version}`, app.bad.why.trimEnd());
  return lines.join('\n');
}

const remove: Action = (cli, args) => {
  none(args, 'remove');
  return runOnBoards(cli, 'Removing', async (board, io) => {
    const id = await removeApp(board.files, io.signal);
    const isFar = board.address.kind === 'mqtt';
    await (await board.transport(io.signal)).reset(isFar ? 'hard' : 'soft', io.signal);
    io.say(`${printable(id)} removed\n`);
    return { removed: id };
  });
};

const ACTIONS = {
  ...{ new: create, deploy, list, remove, assign, unassign, assignments, apply },
  ...{ set: setIntervals, awake: keepAwake },
};

function none(args: readonly string[], action: string): void {
  if (args.length > 0) throw new UsageError(`app ${action} takes no arguments`);
}
