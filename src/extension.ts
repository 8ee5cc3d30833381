import * as vscode from 'vscode';
import { createBrokers } from './brokers';
import { registerCommands } from './commands';
import { systemClock } from './core/async';
import { SessionFiles } from './core/files/sessionFiles';
import { Fleet } from './core/fleet';
import { KnownBoards } from './core/knownBoards';
import { readInfo } from './core/readInfo';
import { StopPolicies } from './core/stopPolicy';
import { addSources, createLinks } from './links';
import { registerViews } from './views';
import { ActiveBoard } from './views/activeBoard';
import { createApi, type FleetApiV1 } from './views/api';
import { BoardUris } from './views/boardUris';
import type { ViewContext } from './views/context';
import { DemoBoards } from './views/demoBoards';
import { FileChanges } from './views/fileChanges';
import { globalBoards } from './views/globalBoards';
import { mayStop } from './views/mayStop';
import { Origins } from './views/origins';
import { PackageCenter } from './views/packages/packageCenter';
import { ReplLogs } from './views/repl/replLogs';
import { Terminals } from './views/repl/terminals';
import { Many } from './views/results/many';
import { Runs } from './views/runs';
import { Settings } from './views/settings';
import { showError } from './views/showError';
import { SyncCenter } from './views/sync/syncCenter';
import { BoardTree } from './views/tree/boardTree';

/** What other extensions and tests get. */
export interface Api {
  /** Milliseconds that activation took. */
  readonly activationMs: number;
  readonly fleet: Fleet;
  /** For other extensions: docs/api.md. */
  readonly v1: FleetApiV1;
}

/** Composes the product. Awaits nothing: what is slow begins when it is first needed. */
export function activate(extension: vscode.ExtensionContext): Api {
  const start = performance.now();
  const log = vscode.window.createOutputChannel('MicroPython Fleet', { log: true });
  extension.subscriptions.push(log);
  const settings = new Settings();
  const context = compose(extension, log, settings);
  extension.subscriptions.push(registerViews(context), registerCommands(context));
  addSources(context);
  const v1 = createApi(context, new vscode.EventEmitter<void>());
  const activationMs = performance.now() - start;
  log.info(`Activated in ${activationMs.toFixed(0)} ms`);
  return { activationMs, fleet: context.fleet, v1 };
}

function compose(
  extension: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  settings: Settings,
): ViewContext {
  const keep = <T extends vscode.Disposable>(item: T): T => {
    extension.subscriptions.push(item);
    return item;
  };
  const { hub, center, publisher } = createBrokers(extension, log, settings);
  const known = new KnownBoards(globalBoards(extension.globalState), (error) =>
    log.error('The list of known boards could not be saved', String(error)),
  );
  const fileChanges = keep(new FileChanges());
  const stopPolicies = new StopPolicies();
  const fleet = keep(
    new Fleet({
      known,
      log,
      clock: systemClock,
      openTransport: createLinks(extension, log, settings, hub),
      linkOrder: () => settings.get('linkOrder'),
      shouldAutoConnect: () => settings.get('autoConnect'),
      readInfo: (session) => readInfo(session),
      createFiles: (withSession, board) =>
        fileChanges.observe(new SessionFiles(withSession), board),
      mayStop: async (board, job) => {
        const answer = stopPolicies.answerFor(board);
        return answer === undefined
          ? mayStop(settings, board, job)
          : answer === 'leave'
            ? undefined
            : answer;
      },
    }),
  );
  const uris = keep(new BoardUris(fleet));
  const terminals = keep(new Terminals({ fleet, settings, log }));
  const origins = new Origins(extension.workspaceState);
  return {
    extension,
    log,
    settings,
    fleet,
    known,
    uris,
    fileChanges,
    active: keep(new ActiveBoard(fleet, extension.workspaceState)),
    origins,
    sync: keep(new SyncCenter({ extension, settings, fleet, fileChanges, origins, uris })),
    packages: keep(new PackageCenter({ extension, settings, log })),
    terminals,
    brokers: center,
    demos: new DemoBoards(extension.globalState),
    replLogs: keep(
      new ReplLogs({
        fleet,
        settings,
        folder: vscode.Uri.joinPath(extension.globalStorageUri, 'repl').fsPath,
        onError: (error) => showError({ log }, error),
      }),
    ),
    runs: keep(new Runs(terminals, (error) => showError({ log }, error))),
    many: keep(new Many({ extension, log, settings, fleet, stopPolicies, publisher })),
    tree: keep(new BoardTree({ fleet, uris, settings, fileChanges, log })),
  };
}
