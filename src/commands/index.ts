import * as vscode from 'vscode';
import type { ViewContext } from '../views/context';
import {
  adoptCommands,
  agentCommands,
  agentKeyCommands,
  firmwareCommands,
  peopleCommands,
  shareCommands,
} from './agent';
import { appCommands, assignCommands } from './apps';
import {
  arrangeCommands,
  boardActionCommands,
  boardCommands,
  configureCommands,
  connectionCommands,
  crashCommands,
  logCommands,
  webReplCommands,
} from './board';
import { demoCommands } from './demo';
import {
  downloadCommands,
  explorerCommands,
  fileCommands,
  transferCommands,
  urlCommands,
  wipeCommands,
} from './files';
import { exportBoardsCommands, fleetCommands, groupCommands, rolloutCommands } from './fleet';
import { generalCommands } from './general';
import { packageCommands, packageFileCommands, stubCommands } from './packages';
import { flashCommands } from './flash';
import { macroCommands, scheduleCommands, scriptCommands } from './scripts';
import { notebookCommands, replCommands, runCommands } from './run';
import { setupCommands } from './setup';
import { compareCommands, syncCommands } from './sync';
import { brokerCommands, topicCommands } from './broker';
import type { Command } from './types';
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
  ...shareCommands,
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
  ...crashCommands,
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
