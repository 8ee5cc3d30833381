import * as vscode from 'vscode';
import { createBrokers } from './brokers';
import { systemClock } from './core/async';
import { SessionFiles } from './core/files/sessionFiles';
import { Fleet } from './core/board/fleet';
import { KnownBoards } from './core/board/knownBoards';
import { readInfo } from './core/board/readInfo';
import { StopPolicies } from './core/board/stopPolicy';
import { createLinks } from './links';
import { ActiveBoard } from './views/activeBoard';
import { BoardUris } from './views/boardUris';
import type { ViewContext } from './views/context';
import { DemoBoards } from './views/demoBoards';
import { FileChanges } from './views/fileChanges';
import { globalBoards } from './views/globalBoards';
import { BoardLogs } from './views/logs/boardLogs';
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
import { Arrangement } from './views/tree/arrangement';
import { BoardTree } from './views/tree/boardTree';
import { WebReplAccess } from './views/webrepl/webReplAccess';

/** Makes the model and what the views share, in the order in which one needs the other. Does no I/O. */
export function compose(
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
  const webRepl = new WebReplAccess(extension.secrets, extension.globalState);
  const fileChanges = keep(new FileChanges());
  const stopPolicies = new StopPolicies();
  const fleet = keep(
    new Fleet({
      known,
      log,
      clock: systemClock,
      openTransport: createLinks(extension, log, settings, hub, webRepl),
      linkOrder: () => settings.get('linkOrder'),
      shouldAutoConnect: (_board, { address }) =>
        settings.get('autoConnect') &&
        // A board that wants a password is not a reason to ask for one unasked.
        (address.kind !== 'webrepl' || webRepl.isRemembered(address)),
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
  const packages = keep(new PackageCenter({ extension, settings, log }));
  const many = keep(new Many({ extension, log, settings, fleet, stopPolicies, publisher }));
  const arrangement = keep(
    new Arrangement({
      state: extension.workspaceState,
      tagsOf: (board) => fleet.tagsOf(board),
      select: (selector) => many.select(selector),
    }),
  );
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
    sync: keep(
      new SyncCenter({ extension, settings, fleet, fileChanges, origins, uris, packages }),
    ),
    packages,
    terminals,
    brokers: center,
    boardLogs: keep(new BoardLogs({ brokers: center, fleet, log })),
    webRepl,
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
    many,
    arrangement,
    tree: keep(
      new BoardTree({
        fleet,
        uris,
        settings,
        fileChanges,
        arrangement,
        pending: many.pending,
        log,
      }),
    ),
  };
}
