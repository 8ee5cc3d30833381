import * as vscode from 'vscode';
import { systemClock } from './core/async';
import type { TransportFactory } from './core/transport';
import { createTransportFactory, type TransportSettings } from './transports';
import { MdnsSource } from './transports/webrepl/mdns';
import { PortWatcher } from './transports/serial/portWatcher';
import type { ViewContext } from './views/context';
import type { Settings } from './views/settings';
import type { WebReplAccess } from './views/webrepl/webReplAccess';
import { WebReplHosts } from './views/webrepl/webReplHosts';

/** What opens links, with what the user has set. Part of the composition in extension.ts. */
export function createLinks(
  extension: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  settings: Settings,
  brokers: TransportSettings['brokers'],
  webRepl: WebReplAccess,
): TransportFactory {
  const file = (...path: string[]) => vscode.Uri.joinPath(extension.extensionUri, ...path).fsPath;
  return createTransportFactory({
    log,
    brokers,
    webrepl: {
      getPassword: webRepl.getPassword,
      acceptCertificate: webRepl.acceptCertificate,
    },
    baudRate: (path) => settings.get('serial.baudRates')[path] ?? settings.get('serial.baudRate'),
    demo: {
      storage: vscode.Uri.joinPath(extension.globalStorageUri, 'demo').fsPath,
      worker: file('dist', 'demoWorker.js'),
      micropython: file('dist', 'micropython.mjs'),
    },
  });
}

/** Begins to look for boards, once everything that shows them is there. */
export function addSources({ extension, fleet, settings, log, demos, brokers }: ViewContext): void {
  const ports = new PortWatcher({ log, added: () => settings.get('serial.paths') });
  fleet.addSource(ports);
  fleet.addSource(demos);
  const hosts = new WebReplHosts(settings, log);
  fleet.addSource(hosts);
  if (settings.get('webrepl.discover')) {
    fleet.addSource(new MdnsSource(systemClock, log, () => hosts.addresses));
  }
  brokers.start(fleet);
  extension.subscriptions.push(
    settings.onDidChange((names) => {
      if (names.includes('serial.paths')) ports.refresh();
    }),
  );
}
