import * as vscode from 'vscode';
import type { Board } from '../core/board/board';
import { UsageError } from '../core/errors';
import { forEachBoard } from '../core/many/jobs';
import { OwnFilesError } from '../core/packages/change';
import type { InstallOptions, PackageBoard } from '../core/packages/manager';
import type { InstalledPackage } from '../core/packages/install';
import type { ViewContext } from '../views/context';
import type { PackageNode } from '../views/packages/packagesView';
import { pickPackage } from './packagesPick';
import { namesOf, summarise } from './summary';
import { resolveBoard } from './targets';
import type { Call, Command, ProgressLook } from './types';
import { askedAgain, mayTake } from './packagesOwn';

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
  title: () => vscode.l10n.t('Looking at packages'),
};

/** Packages on boards. */
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
  context: ViewContext,
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
  void vscode.window.showInformationMessage(
    vscode.l10n.t('Found on {0}, put there by others: {1}', where, [...names].join(', ')),
  );
}

async function choose(context: ViewContext, { args }: Call): Promise<void> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  // A module that a program lacks is looked for by its name.
  const { search } = (args[1] ?? {}) as { search?: unknown };
  const words = typeof search === 'string' ? search : '';
  const spec = await pickPackage(context, folder?.uri.fsPath, words);
  if (spec === undefined) return;
  await vscode.commands.executeCommand('mpyFleet.installPackages', args[0], [{ specs: [spec] }]);
}

/** The packages among a command's arguments, which `installPackage` and a retry put there. */
function specsIn(args: readonly unknown[]): string[] {
  return args.flat().flatMap((arg) => {
    const { specs } = (arg ?? {}) as { specs?: unknown };
    return Array.isArray(specs) ? specs.filter((s): s is string => typeof s === 'string') : [];
  });
}

/** Downloads once, places on every board, and says in one message how it went. */
export async function onBoards(
  context: ViewContext,
  boards: readonly Board[],
  call: Call,
  command: string,
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
          packages.changed(board); // also what could not be finished is shown
        }
      },
      { signal: call.signal },
    );
  const outcomes = await askedAgain(await place(boards, false), (list) => place(list, true));
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
  void vscode.window.showInformationMessage(text);
}

function nameOf({ name, version }: InstalledPackage): string {
  return `${name} ${version}`;
}

async function updateOne(context: ViewContext, call: Call): Promise<void> {
  const node = await packageIn(context, call.args, vscode.l10n.t('Update which package?'));
  if (!node) return;
  const { board, installed } = node;
  await onBoards(context, [board], call, 'mpyFleet.updatePackages', {}, (b, options) =>
    // What others need is updated with them, or by itself here: its record says where it comes from.
    installed.wanted
      ? context.packages.manager.update(b, [installed.id], options)
      : context.packages.manager.install(b, [installed.source], options),
  );
}

async function removeOne(context: ViewContext, call: Call): Promise<void> {
  const node = await packageIn(context, call.args, vscode.l10n.t('Remove which package?'));
  if (!node) return;
  const { packages } = context;
  const target = await packages.boardFor(node.board, call.signal);
  const remove = (replace: boolean) =>
    packages.manager.remove(target, [node.installed.id], { replace, signal: call.signal });
  const done = await remove(false)
    .catch(async (error: unknown) => {
      if (!(error instanceof OwnFilesError)) throw error;
      if (!(await mayTake([node.board], error.paths, 'remove'))) return undefined;
      return remove(true);
    })
    .catch((error: unknown) => {
      packages.changed(node.board); // some of it may be gone
      throw error;
    });
  if (!done) return;
  packages.changed(node.board);
  const { removed, kept } = done;
  const [stays] = kept;
  void vscode.window.showInformationMessage(
    stays
      ? vscode.l10n.t('{0} stays: {1} needs it', stays.id, stays.neededBy)
      : vscode.l10n.t('Removed: {0}', removed.map((p) => p.name).join(', ')),
  );
}

/** The package that a command was called on, else the user's choice among those of a board. */
async function packageIn(
  context: ViewContext,
  args: readonly unknown[],
  title: string,
): Promise<PackageNode | undefined> {
  const [given] = args as readonly (Partial<PackageNode> | undefined)[];
  if (given?.kind === 'package') return given as PackageNode;
  const board = await resolveBoard(context, 'present', args);
  if (!board) return undefined;
  const installed = await context.packages.packagesOf(board);
  if (installed.length === 0) {
    throw new UsageError(vscode.l10n.t('Nothing was installed on {0} from here', board.name));
  }
  const choice = await vscode.window.showQuickPick(
    installed.map((p) => ({ label: p.name, description: p.version, installed: p })),
    { title },
  );
  return choice && { kind: 'package', board, installed: choice.installed };
}
