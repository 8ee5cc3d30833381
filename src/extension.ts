import * as vscode from 'vscode';
import { registerCommands } from './commands';
import { Fleet } from './core/board/fleet';
import { addSources } from './links';
import { registerViews } from './views';
import { createApi, type FleetApiV1 } from './views/api';
import { Settings } from './views/settings';
import { compose } from './compose';

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
