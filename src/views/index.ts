import * as vscode from 'vscode';
import { registerBrokers } from './broker/register';
import type { Register, ViewContext } from './context';
import { registerDashboard } from './dashboard/register';
import { registerFileSystem } from './fileSystem/boardFileSystem';
import { registerIdentify } from './identify';
import { registerLmTools } from './integrations/lmTools';
import { registerLogs } from './logs/register';
import { registerTasks } from './integrations/tasks';
import { registerPackages } from './packages/register';
import { registerProfile } from './repl/profile';
import { registerTracebackLinks } from './repl/tracebackLinks';
import { registerResults } from './results/register';
import { registerStatusBar } from './statusBar';
import { registerSync } from './sync/register';
import { registerTree } from './tree/treeView';

/** All views, in the order in which they are made. */
const views: readonly Register[] = [
  registerFileSystem,
  registerIdentify,
  registerTree,
  registerProfile,
  registerTracebackLinks,
  registerStatusBar,
  registerBrokers,
  registerLogs,
  registerResults,
  registerDashboard,
  registerTasks,
  registerLmTools,
  registerSync,
  registerPackages,
];

/** Makes every view; disposing the answer takes them away. */
export function registerViews(context: ViewContext): vscode.Disposable {
  return vscode.Disposable.from(...views.map((register) => register(context)));
}
