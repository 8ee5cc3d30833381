import * as vscode from 'vscode';
import { registerActivity } from './activity';
import { registerBrokers } from './broker';
import type { Register, ViewContext } from './context';
import { registerClock } from './clock';
import { registerConfigure } from './configure/register';
import { registerDashboard } from './dashboard/register';
import { registerEditorContext } from './editorContext';
import { registerBoardMarks } from './fileSystem/boardMark';
import { registerFileSystem } from './fileSystem/boardFileSystem';
import { registerHistory } from './history/register';
import { registerIdentify } from './identify';
import { registerLmTools } from './integrations/lmTools';
import { registerLogs } from './logs/register';
import { registerShellCommand } from './integrations/shellCommand';
import { registerTasks } from './integrations/tasks';
import { registerNewBoards } from './newBoards';
import { registerNotebooks } from './notebook';
import { registerPackages } from './packages/register';
import { registerProfile } from './repl/profile';
import { registerTracebackLinks } from './repl/tracebackLinks';
import { registerResults } from './results/register';
import { registerScripts } from './scripts/register';
import { registerStatusBar } from './statusBar';
import { registerSync } from './sync';
import { registerTree } from './tree';

/** All views, in the order in which they are created. */
const views: readonly Register[] = [
  registerActivity,
  registerFileSystem,
  registerBoardMarks,
  registerEditorContext,
  registerIdentify,
  registerClock,
  registerNewBoards,
  registerTree,
  registerProfile,
  registerTracebackLinks,
  registerStatusBar,
  registerBrokers,
  registerLogs,
  registerHistory,
  registerConfigure,
  registerResults,
  registerDashboard,
  registerTasks,
  registerShellCommand,
  registerLmTools,
  registerSync,
  registerPackages,
  registerScripts,
  registerNotebooks,
];

/** Registers every view. Disposing the result removes them. */
export function registerViews(context: ViewContext): vscode.Disposable {
  return vscode.Disposable.from(...views.map((register) => register(context)));
}
