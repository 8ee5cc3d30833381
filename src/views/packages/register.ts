import * as vscode from 'vscode';
import type { ViewContext } from '../context';
import { registerPackagesView } from './packagesView';
import { registerReadmes } from './readme';

/** The Packages view and the READMEs. */
export function registerPackages(context: ViewContext): vscode.Disposable {
  return vscode.Disposable.from(registerPackagesView(context), registerReadmes(context));
}
