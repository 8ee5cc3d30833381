import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { CliWindow } from './cli/cli';
import { WINDOW_VARIABLE } from './cli/window/protocol';
import { asError } from './core/errors';
import { parseMacros } from './core/macros';
import type { TransportFactory } from './core/transport';
import type { MqttBrokers } from './transports/mqttBrokers';
import type { Needs } from './views/context';

/** The services that most functions here use. */
type Services = Needs<
  'extension' | 'log' | 'settings' | 'fleet' | 'adoption' | 'brokers' | 'history' | 'many' | 'sync'
>;

/**
 * Lets `mpyfleet` in the terminals of this window work through the window: with its names, keys and open links. Part of the
 * composition in compose.ts. Its code is loaded after activation.
 */
export function serveShells(
  context: Services,
  hub: MqttBrokers,
  openTransport: TransportFactory,
): void {
  const { extension, log } = context;
  const file = placeFile(extension);
  extension.environmentVariableCollection.replace(WINDOW_VARIABLE, file);
  startServer(context, hub, openTransport, file).then(
    (server) => extension.subscriptions.push(server),
    (error: unknown) =>
      log.warn(`mpyfleet in terminals works without the window: ${asError(error).message}`),
  );
}

/**
 * Returns the place file. A workspace keeps its file, for terminals that outlive a reload; a window without a workspace has
 * a new one each time.
 */
function placeFile({ storageUri, globalStorageUri }: vscode.ExtensionContext): string {
  const uri = storageUri
    ? vscode.Uri.joinPath(storageUri, 'shell.json')
    : vscode.Uri.joinPath(globalStorageUri, 'shells', `${randomBytes(8).toString('hex')}.json`);
  return uri.fsPath;
}

async function startServer(
  context: Services,
  hub: MqttBrokers,
  openTransport: TransportFactory,
  file: string,
): Promise<{ dispose(): void }> {
  const { WindowServer } = await import('./cli/window/windowServer');
  const server = new WindowServer(windowOf(context, hub, openTransport), context.log, file);
  await server.start();
  return server;
}

function windowOf(
  {
    fleet,
    many,
    brokers,
    adoption,
    settings,
    extension,
    history,
    sync,
  }: Needs<
    'extension' | 'settings' | 'fleet' | 'adoption' | 'brokers' | 'history' | 'many' | 'sync'
  >,
  hub: MqttBrokers,
  openTransport: TransportFactory,
): CliWindow {
  const { secrets } = brokers;
  const keys: CliWindow['keys'] = {
    path: vscode.l10n.t("the editor's secret storage"),
    key: (uid) => secrets.boardKey(uid),
    set: async (ring, { previous } = {}) => {
      for (const [uid, key] of ring) {
        const old = previous ? await secrets.boardKey(uid) : undefined;
        if (old) await secrets.keepPreviousKey(uid, old);
        await secrets.setBoardKey(uid, key);
      }
      adoption.refresh();
    },
    remove: (uid) => secrets.setBoardKey(uid, undefined),
  };
  return {
    keys,
    macros: () => {
      const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
      return parseMacros(settings.get('macros')).map((macro) => ({ ...macro, folder }));
    },
    historyFile: vscode.Uri.joinPath(extension.globalStorageUri, 'history.db').fsPath,
    historyServer: () => history.server(),
    undo: sync.copies,
    ignored: {
      all: () => Promise.resolve(adoption.ignored),
      set: (uids, isIgnored) => adoption.setIgnored(uids, isIgnored),
    },
    forget: async (uid) => {
      const board = fleet.byUid(uid);
      if (board) await fleet.forget(board);
    },
    links: async (cli) => {
      const { windowLinks } = await import('./cli/window/windowLinks');
      const parts = {
        ...{ fleet, hub, openTransport, remoteName: vscode.env.remoteName },
        selectable: () => many.selectable(),
        groups: () => settings.get('groups'),
        localSecret: () => secrets.localSecret(),
      };
      return windowLinks(parts, cli);
    },
  };
}
