import * as vscode from 'vscode';
import { systemClock } from './core/async';
import { PORT_HINT_IDS, type PortHint, portHints } from './core/board';
import type { FlashPortFactory } from './core/flash';
import type { TransportFactory } from './core/transport';
import { createTransportFactory, type TransportSettings } from './transports';
import { BeaconSource, MdnsSource } from './transports/webrepl';
import { PortWatcher, surroundings } from './transports/serial';
import type { Needs } from './views/context';
import type { Settings } from './views/settings';
import type { WebReplAccess } from './views/webrepl/webReplAccess';
import { WebReplHosts } from './views/webrepl/webReplHosts';

/**
 * Creates the services that open links, configured from the settings. Part of the composition in
 * compose.ts.
 */
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
    telnet: { getPassword: webRepl.getPassword },
    baudRate: (path) => settings.get('serial.baudRates')[path] ?? settings.get('serial.baudRate'),
    demo: {
      storage: vscode.Uri.joinPath(extension.globalStorageUri, 'demo').fsPath,
      worker: file('dist', 'demoWorker.js'),
      micropython: file('dist', 'micropython.mjs'),
    },
  });
}

/** Creates the function that opens ports for flashing. Its code is loaded with the first port. */
export function createFlashPorts(log: vscode.LogOutputChannel): FlashPortFactory {
  return async (path, usb) => {
    const { serialFlashPort } = await import('./transports/serial/flashPort');
    return serialFlashPort(path, usb, log);
  };
}

/** Reasons why a board's port may be missing on this computer, the likeliest first. */
export async function missingPortHints(): Promise<PortHint[]> {
  return portHints(await surroundings(vscode.env.remoteName));
}

/** Starts discovery, once everything that shows boards exists. */
export function addSources({
  extension,
  fleet,
  settings,
  log,
  demos,
  brokers,
}: Needs<'extension' | 'log' | 'settings' | 'fleet' | 'brokers' | 'demos'>): void {
  const ports = new PortWatcher({ log, added: () => settings.get('serial.paths') });
  const giveHints = () => {
    hintAtMissingPorts(ports).catch((error: unknown) => log.warn(String(error)));
  };
  extension.subscriptions.push(
    ports.onDidLook(() => {
      void vscode.commands.executeCommand('setContext', 'mpyFleet.scanned', true);
      giveHints();
    }),
    ports.onDidChange(giveHints),
  );
  fleet.addSource(ports);
  fleet.addSource(demos);
  const hosts = new WebReplHosts(settings, log);
  fleet.addSource(hosts);
  if (settings.get('webrepl.discover')) {
    fleet.addSource(new MdnsSource(systemClock, log, () => hosts.addresses));
    fleet.addSource(new BeaconSource(systemClock, log));
  }
  brokers.start(fleet);
  extension.subscriptions.push(
    settings.onDidChange((names) => {
      if (names.includes('serial.paths')) ports.refresh();
    }),
  );
}

/** Explains possible causes on this computer in the welcome view while no board has a port. */
async function hintAtMissingPorts({ found }: PortWatcher): Promise<void> {
  const hints = found.some((port) => port.likely) ? [] : await missingPortHints();
  const ids = new Set(hints.map(({ id }) => id));
  // A key for each hint: VS Code does not understand "'wsl' in KEY" here, and shows a text whose condition it does not understand.
  for (const id of PORT_HINT_IDS) {
    await vscode.commands.executeCommand('setContext', `mpyFleet.portHint.${id}`, ids.has(id));
  }
}
