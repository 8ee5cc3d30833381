import * as vscode from 'vscode';
import { createBrokers, startShare } from './composeBrokers';
import { systemClock } from './core/async';
import { linkFacts, SessionFiles } from './core/files';
import { Fleet, KnownBoards, readInfo, StopPolicies } from './core/board';
import type { TransportFactory } from './core/transport';
import type { MqttBrokers } from './transports/mqttBrokers';
import { createFlashPorts, createLinks, missingPortHints } from './composeLinks';
import { ActiveBoard } from './views/activeBoard';
import { BoardUris } from './views/boardUris';
import type { ViewContext } from './views/context';
import { FarDemo, TopicWatch, updateAgentAt, updateFirmwareAt } from './views/broker';
import { DemoBoards } from './views/demoBoards';
import { Focus } from './views/focus';
import { FileChanges } from './views/fileChanges';
import { globalBoards } from './views/globalBoards';
import { AppCenter } from './views/apps/appCenter';
import { AppVersions } from './views/apps/appVersions';
import { deployAction } from './views/apps/deployTo';
import { MessagesPanel } from './views/apps/messagesPanel';
import { Adoption } from './views/adoption';
import { History } from './views/history/history';
import { BoardLogs } from './views/logs/boardLogs';
import { StopQuestions } from './views/mayStop';
import { NewestRelease } from './views/newestRelease';
import { Notebooks } from './views/notebook';
import { Origins } from './views/origins';
import { Questions } from './views/questions';
import { windowUploads } from './views/uploads';
import { PackageCenter } from './views/packages/packageCenter';
import { OpenLine } from './views/productionLine/openLine';
import { ReplLogs } from './views/repl/replLogs';
import { Terminals } from './views/repl/terminals';
import { tellBriefly } from './views/message';
import { Many } from './views/results/many';
import { Runs } from './views/runs';
import { ScriptCenter } from './views/scripts/scriptCenter';
import { Settings } from './views/settings';
import { Shares } from './views/sharing/shares';
import { showError } from './views/showError';
import { SyncCenter } from './views/sync';
import { Arrangement, BoardNotes, BoardTree } from './views/tree';
import { WebReplAccess } from './views/webrepl/webReplAccess';

/** What activation works with. */
export interface Composed {
  readonly context: ViewContext;
  readonly hub: MqttBrokers;
  readonly openTransport: TransportFactory;
}

/** Makes the model and what the views share, in the order in which one needs the other. Does no I/O. */
export function compose(
  extension: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  settings: Settings,
): Composed {
  const keep = <T extends vscode.Disposable>(item: T): T => {
    extension.subscriptions.push(item);
    return item;
  };
  const nameOf = (uid: string): string | undefined => fleet.byUid(uid)?.name;
  const { hub, center, publisher } = createBrokers(extension, log, settings, nameOf);
  const known = new KnownBoards(globalBoards(extension.globalState), (error) =>
    log.error('The list of known boards could not be saved', String(error)),
  );
  const webRepl = new WebReplAccess(extension.secrets, extension.globalState);
  const fileChanges = keep(new FileChanges());
  const history = keep(new History({ extension, log, settings }));
  const { operations } = history;
  const stopPolicies = new StopPolicies();
  const questions = keep(new Questions());
  const stopQuestions = new StopQuestions(settings);
  const openTransport = createLinks(extension, log, settings, hub, webRepl);
  const fleet = keep(
    new Fleet({
      known,
      log,
      namesBoards: true,
      clock: systemClock,
      openTransport,
      linkOrder: () => settings.get('linkOrder'),
      shouldAutoConnect: (_board, { address }) =>
        settings.get('autoConnect') &&
        // A board that wants a password is not a reason to ask for one unasked.
        ((address.kind !== 'webrepl' && address.kind !== 'telnet') ||
          webRepl.isRemembered(address)),
      readInfo: (session) => readInfo(session),
      createFiles: (withSession, board) =>
        fileChanges.observe(new SessionFiles(withSession, linkFacts(board)), board),
      worked: (board, what, error, at) => operations.worked(board, what, error, at),
      mayStop: async (board, job, isRun) => {
        const answer = stopPolicies.answerFor(board);
        return answer === undefined
          ? questions.about(board, () => stopQuestions.mayStop(board, job, isRun))
          : answer === 'leave'
            ? undefined
            : answer;
      },
    }),
  );
  const uris = keep(new BoardUris(fleet));
  const terminals = keep(new Terminals({ fleet, settings, log }));
  const packages = keep(new PackageCenter({ extension, settings, log }));
  const origins = keep(
    new Origins(extension.workspaceState, (error) =>
      log.error('The origins of uploaded files could not be saved', String(error)),
    ),
  );
  const sync = keep(
    new SyncCenter({ extension, settings, fleet, fileChanges, origins, uris, packages }),
  );
  const upload = windowUploads(sync, packages, settings, origins);
  const adoption = keep(
    new Adoption({
      fleet,
      secrets: center.secrets,
      onDidChangeSecrets: extension.secrets.onDidChange,
      brokerUrl: (id) => center.hub.get(id)?.profile.url,
      state: extension.globalState,
      onError: (error) => log.error('Boards at brokers', String(error)),
    }),
  );
  const air = { extension, settings, brokers: center, history, packages };
  const many: Many = keep(
    new Many({
      ...{ extension, log, settings, fleet, stopPolicies, publisher, upload, operations },
      updateAgent: (board, action, io) => updateAgentAt(air, board, action, io),
      updateFirmware: (board, action, io) => updateFirmwareAt(air, board, action, io),
      deployApp: deployAction({
        ...{ extension, brokers: center, history },
        assigned: (board) => appVersions.assigned(board),
      }),
      isIgnored: (board) => adoption.standingOf(board) === 'ignored',
      ran: (board) => fileChanges.changed(board, '/'),
      measured: (entry) => history.store.addTelemetry(entry),
    }),
  );
  const arrangement = keep(
    new Arrangement({
      adoption,
      state: extension.workspaceState,
      fleet,
      select: (selector) => many.select(selector),
    }),
  );
  const active = keep(new ActiveBoard(fleet, extension.workspaceState));
  const appVersions: AppVersions = keep(
    new AppVersions({
      ...{ hub: center.hub, log },
      select: (selector) => many.select(selector).boards.map((b) => b.board),
      byUid: (uid) => fleet.byUid(uid),
    }),
  );
  const newest = keep(new NewestRelease(extension.globalState));
  const shares = keep(
    new Shares({
      ...{ secrets: center.secrets, startShare, log },
      onUnplugged: (board) =>
        tellBriefly(
          vscode.l10n.t('{0} is no longer shared: its link has ended', board.name),
          'error',
        ),
    }),
  );
  const tree = keep(
    new BoardTree({
      fleet,
      uris,
      settings,
      fileChanges,
      arrangement,
      active,
      notes: new BoardNotes(many.pending, appVersions, newest, shares),
      log,
    }),
  );
  const apps = keep(new AppCenter(center.hub, history.store, log));
  const context: ViewContext = {
    extension,
    log,
    settings,
    fleet,
    known,
    uris,
    fileChanges,
    active,
    focus: keep(new Focus({ uris, terminals, selection: () => tree.selection })),
    origins,
    sync,
    notebooks: keep(new Notebooks()),
    packages,
    terminals,
    brokers: center,
    boardLogs: keep(new BoardLogs({ brokers: center, fleet, log })),
    webRepl,
    questions,
    history,
    flashPort: createFlashPorts(log),
    portHints: missingPortHints,
    newest,
    line: new OpenLine(),
    apps,
    appVersions,
    topics: keep(new TopicWatch()),
    messages: keep(new MessagesPanel({ apps, fleet, extension, log })),
    scripts: keep(new ScriptCenter(center)),
    demos: new DemoBoards(extension.globalState),
    farDemo: keep(new FarDemo(extension, settings, log)),
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
    tree,
    shares,
    adoption,
  };
  return { context, hub, openTransport };
}
