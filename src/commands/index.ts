import * as vscode from 'vscode';
import type { ViewContext } from '../views/context';
import { boardCommands } from './board';
import { connectionCommands } from './connection';
import { generalCommands } from './general';
import { replCommands } from './repl';
import type { Command } from './types';
import { execute } from './wrapper';

/** All commands. A test compares this table with the manifest. */
export const commands: readonly Command[] = [
  ...connectionCommands,
  ...boardCommands,
  ...generalCommands,
  ...replCommands,
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
