import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { registerCommands } from './commands';
import { Fleet } from './core/board';
import { addSources } from './composeLinks';
import { registerViews } from './views';
import { createApi, type FleetApiV1 } from './views/api';
import { Settings } from './views/settings';
import { compose } from './compose';
import { serveShells } from './shell';

/** What other extensions and tests get. */
export interface Api {
  /** Milliseconds that activation took by the clock. */
  readonly activationMs: number;
  /** Milliseconds of processor time that this process used meanwhile: without what other programs took on a busy machine. */
  readonly activationCpuMs: number;
  readonly fleet: Fleet;
  /** For other extensions: docs/api.md. */
  readonly v1: FleetApiV1;
}

/** Composes the product. Awaits nothing: what is slow begins when it is first needed. */
export function activate(extension: vscode.ExtensionContext): Api {
  const start = performance.now();
  const cpuStart = process.cpuUsage();
  const log = vscode.window.createOutputChannel('MicroPython Fleet', { log: true });
  extension.subscriptions.push(log);
  // Core does not import vscode, so it gets the window's translations here.
  if (vscode.l10n.bundle) l10n.config({ contents: vscode.l10n.bundle });
  const settings = new Settings();
  const { context, hub, openTransport } = compose(extension, log, settings);
  extension.subscriptions.push(registerViews(context), registerCommands(context));
  addSources(context);
  serveShells(context, hub, openTransport);
  const v1 = createApi(context, new vscode.EventEmitter<void>());
  const activationMs = performance.now() - start;
  log.info(`Activated in ${activationMs.toFixed(0)} ms`);
  const { user, system } = process.cpuUsage(cpuStart); // microseconds
  return { activationMs, activationCpuMs: (user + system) / 1000, fleet: context.fleet, v1 };
}
