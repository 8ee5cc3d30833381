import * as vscode from 'vscode';
import type { CommandName } from '../manifest';

/** Runs one of the extension's commands. @returns the command's result */
export function callCommand(name: CommandName, ...args: readonly unknown[]): Thenable<unknown> {
  return vscode.commands.executeCommand(name, ...args);
}
