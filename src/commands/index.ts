import * as vscode from 'vscode';
import type { ViewContext } from '../views/context';
import { adoptCommands } from './adopt';
import { agentCommands } from './agent';
import { agentKeyCommands } from './agentKeys';
import { firmwareCommands } from './agentFirmware';
import { appCommands } from './apps';
import { peopleCommands } from './agentPeople';
import { assignCommands } from './appsAssign';
import { arrangeCommands } from './arrange';
import { boardCommands } from './board';
import { boardActionCommands } from './boardActions';
import { configureCommands } from './configure';
import { connectionCommands } from './connection';
import { demoCommands } from './demo';
import { downloadCommands } from './download';
import { exportBoardsCommands } from './exportBoards';
import { explorerCommands } from './explorer';
import { fileCommands } from './files';
import { fleetCommands } from './fleet';
import { groupCommands } from './fleetGroups';
import { rolloutCommands } from './fleetRollout';
import { generalCommands } from './general';
import { packageCommands } from './packages';
import { packageFileCommands } from './packagesFiles';
import { stubCommands } from './packagesStubs';
import { flashCommands } from './flash';
import { logCommands } from './logs';
import { macroCommands } from './macros';
import { notebookCommands } from './notebook';
import { replCommands } from './repl';
import { runCommands } from './run';
import { transferCommands } from './transfer';
import { setupCommands } from './setup';
import { syncCommands } from './sync';
import { brokerCommands } from './broker';
import { urlCommands } from './uploadUrl';
import { topicCommands } from './topics';
import { compareCommands } from './syncCompare';
import { scheduleCommands } from './schedules';
import { scriptCommands } from './scripts';
import type { Command } from './types';
import { webReplCommands } from './webrepl';
import { wipeCommands } from './wipe';
import { execute } from './wrapper';

/** All commands. A test compares this table with the manifest. */
export const commands: readonly Command[] = [
  ...connectionCommands,
  ...boardCommands,
  ...boardActionCommands,
  ...generalCommands,
  ...arrangeCommands,
  ...replCommands,
  ...runCommands,
  ...fileCommands,
  ...transferCommands,
  ...downloadCommands,
  ...urlCommands,
  ...wipeCommands,
  ...exportBoardsCommands,
  ...explorerCommands,
  ...demoCommands,
  ...webReplCommands,
  ...fleetCommands,
  ...groupCommands,
  ...rolloutCommands,
  ...syncCommands,
  ...compareCommands,
  ...brokerCommands,
  ...topicCommands,
  ...adoptCommands,
  ...agentCommands,
  ...agentKeyCommands,
  ...peopleCommands,
  ...configureCommands,
  ...firmwareCommands,
  ...flashCommands,
  ...setupCommands,
  ...appCommands,
  ...assignCommands,
  ...macroCommands,
  ...scriptCommands,
  ...scheduleCommands,
  ...logCommands,
  ...packageCommands,
  ...packageFileCommands,
  ...stubCommands,
  ...notebookCommands,
];

/** Registers the whole table. */
export function registerCommands(context: ViewContext): vscode.Disposable {
  return vscode.Disposable.from(
    ...commands.map((command) =>
      vscode.commands.registerCommand(`mpyFleet.${command.id}`, (...args: unknown[]) =>
        execute(context, command, args),
      ),
    ),
  );
}
