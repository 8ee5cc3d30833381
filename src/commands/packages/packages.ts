import * as vscode from 'vscode';
import type { CommandName } from '../../manifest';
import { callCommand } from '../../views/callCommand';
import type { Board } from '../../core/board';
import { CancelledError, UsageError } from '../../core/errors';
import { forEachBoard } from '../../core/many';
import {
  type InstalledPackage,
  type InstallOptions,
  OwnFilesError,
  type PackageBoard,
} from '../../core/packages';
import type { Needs } from '../../views/context';
import type { PackageNode } from '../../views/packages/packagesView';
import { pickPackage } from './pick';
import { namesOf, summarise } from '../summary';
import { resolveBoard } from '../targets';
import type { Call, Command, ProgressLook } from '../types';
import { askedAgain, mayTake } from './own';
import { showInformationMessage } from '../../views/message';

/** The services that most functions here use. */
type Services = Needs<'fleet' | 'active' | 'focus' | 'uris' | 'packages'>;

const INSTALLING: ProgressLook = {
  where: 'notification',
  title: (names) => vscode.l10n.t('Installing on {0}', names),
};
const UPDATING: ProgressLook = {
  where: 'notification',
  title: () => vscode.l10n.t('Updating a package'),
};
const LOOKING: ProgressLook = {
  where: 'window',
  title: () => vscode.l10n.t('Checking packages'),
};

/** Commands for packages on boards. */
export const packageCommands: readonly Command[] = [
  { id: 'installPackage', needs: 'nothing', run: choose },
  {
    id: 'installPackages',
    needs: 'boards',
    which: 'present',
    progress: INSTALLING,
    run: async (context, boards, call) => {
      const specs = specsIn(call.args);
      if (specs.length === 0) return;
      const { manager } = context.packages;
      await onBoards(context, boards, call, 'mpyFleet.installPackages', { specs }, (b, options) =>
        manager.install(b, specs, options),
      );
    },
  },
  {
    id: 'updatePackages',
    needs: 'boards',
    which: 'present',
    progress: INSTALLING,
    run: (context, boards, call) =>
      onBoards(context, boards, call, 'mpyFleet.updatePackages', {}, (b, options) =>
        context.packages.manager.update(b, undefined, options),
      ),
  },
  { id: 'updatePackage', needs: 'nothing', progress: UPDATING, run: updateOne },
  { id: 'removePackage', needs: 'nothing', progress: LOOKING, run: removeOne },
  {
    id: 'checkPackages',
    needs: 'boards',
    which: 'present',
    progress: LOOKING,
    run: check,
  },
];

async function check(
  context: Needs<'log' | 'tree' | 'packages'>,
  boards: readonly Board[],
  { signal }: Call,
): Promise<void> {
  const outcomes = await forEachBoard(boards, (board, own) => context.packages.check(board, own), {
    signal,
  });
  summarise(context, outcomes, vscode.l10n.t('Packages'), 'mpyFleet.checkPackages');
  const adopted = outcomes.flatMap((o) =>
    o.status === 'ok' && o.value.length > 0 ? [{ board: o.board, packages: o.value }] : [],
  );
  if (adopted.length === 0) return;
  const where = namesOf(adopted.map((a) => a.board));
  const names = new Set(adopted.flatMap((a) => a.packages.map(nameOf)));
  void showInformationMessage(
    vscode.l10n.t('Found on {0}, installed from elsewhere: {1}', where, [...names].join(', ')),
  );
}

async function choose(context: Needs<'log' | 'packages'>, { args }: Call): Promise<void> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  // Searches for a module that a program is missing.
  const { search } = (args[1] ?? {}) as { search?: unknown };
  const words = typeof search === 'string' ? search : '';
  const spec = await pickPackage(context, folder?.uri.fsPath, words);
  if (spec === undefined) throw new CancelledError();
  const [clicked, selected] = args;
  const others: readonly unknown[] = Array.isArray(selected) ? selected : [];
  const done = await callCommand('mpyFleet.installPackages', clicked, [
    ...others,
    { specs: [spec] },
  ]);
  if (done !== true) throw new CancelledError(); // already reported
}

/** Reads the packages among a command's arguments, which `installPackage` and a retry pass. */
function specsIn(args: readonly unknown[]): string[] {
  return args.flat().flatMap((arg) => {
    const { specs } = (arg ?? {}) as { specs?: unknown };
    return Array.isArray(specs) ? specs.filter((s): s is string => typeof s === 'string') : [];
  });
}

/** Downloads once, installs on every board, and reports the result in one message. */
export async function onBoards(
  context: Needs<'log' | 'settings' | 'tree' | 'packages'>,
  boards: readonly Board[],
  call: Call,
  command: CommandName,
  retryWith: unknown,
  work: (board: PackageBoard, options: InstallOptions) => Promise<InstalledPackage[]>,
): Promise<void> {
  const { packages, settings } = context;
  const downloads = packages.manager.downloads(call.signal);
  const target = settings.get('packages.target');
  const compile = settings.get('packages.compile');
  const place = (list: readonly Board[], replace: boolean) =>
    forEachBoard(
      list,
      async (board, signal) => {
        const onProgress = (done: number, total: number, path: string) =>
          call.report(path, boards.length === 1 ? done : undefined, total);
        const options = { downloads, target, compile, replace, signal, onProgress };
        try {
          return await work(await packages.boardFor(board, signal), options);
        } finally {
          packages.changed(board); // unfinished changes are shown as well
        }
      },
      { signal: call.signal },
    );
  const outcomes = await askedAgain(
    await place(boards, false),
    (list) => place(list, true),
    call.ask,
  );
  summarise(context, outcomes, vscode.l10n.t('Installing'), command, retryWith);
  const done = outcomes.filter((o) => o.status === 'ok');
  const [first] = done;
  if (!first) return;
  const names = first.value.map(nameOf).join(', ');
  const where = namesOf(done.map((o) => o.board));
  const text =
    names === ''
      ? vscode.l10n.t('{0}: nothing to install', where)
      : vscode.l10n.t('Installed on {0}: {1}', where, names);
  context.log.info(text);
  void showInformationMessage(text);
}

function nameOf({ name, version }: InstalledPackage): string {
  return `${name} ${version}`;
}

async function updateOne(
  context: Needs<'log' | 'settings' | 'fleet' | 'active' | 'focus' | 'uris' | 'tree' | 'packages'>,
  call: Call,
): Promise<void> {
  const node = await packageIn(context, call.args, vscode.l10n.t('Update which package?'));
  if (!node) return;
  const { board, installed } = node;
  await onBoards(context, [board], call, 'mpyFleet.updatePackages', {}, (b, options) =>
    // Dependencies are updated together with the packages that need them, or separately here: the record contains their source.
    installed.wanted
      ? context.packages.manager.update(b, [installed.id], options)
      : context.packages.manager.install(b, [installed.source], options),
  );
}

async function removeOne(context: Services, call: Call): Promise<void> {
  const node = await packageIn(context, call.args, vscode.l10n.t('Remove which package?'));
  if (!node) return;
  const { packages } = context;
  const target = await packages.boardFor(node.board, call.signal);
  const remove = (replace: boolean) =>
    packages.manager.remove(target, [node.installed.id], { replace, signal: call.signal });
  const done = await remove(false)
    .catch(async (error: unknown) => {
      if (!(error instanceof OwnFilesError)) throw error;
      const mayRemove = () => mayTake([node.board], error.paths, 'remove');
      if (!(await call.ask(mayRemove))) return undefined;
      return remove(true);
    })
    .catch((error: unknown) => {
      packages.changed(node.board); // some files may have been deleted
      throw error;
    });
  if (!done) return;
  packages.changed(node.board);
  const { removed, kept } = done;
  const [stays] = kept;
  void showInformationMessage(
    stays
      ? vscode.l10n.t('{0} was kept: {1} needs it', stays.id, stays.neededBy)
      : vscode.l10n.t('Removed: {0}', removed.map((p) => p.name).join(', ')),
  );
}

/** Returns the package that the command was called on, or asks for one of the board's packages. */
async function packageIn(
  context: Services,
  args: readonly unknown[],
  title: string,
): Promise<PackageNode | undefined> {
  const [given] = args as readonly (Partial<PackageNode> | undefined)[];
  if (given?.kind === 'package') return given as PackageNode;
  const board = await resolveBoard(context, 'present', args);
  if (!board) return undefined;
  const installed = await context.packages.packagesOf(board);
  if (installed.length === 0) {
    throw new UsageError(
      vscode.l10n.t('No packages were installed on {0} from this computer', board.name),
    );
  }
  const choice = await vscode.window.showQuickPick(
    installed.map((p) => ({ label: p.name, description: p.version, installed: p })),
    { title },
  );
  return choice && { kind: 'package', board, installed: choice.installed };
}
