import * as vscode from 'vscode';
import type { ViewContext } from '../context';
import { registerPackagesView } from './packagesView';
import { registerReadmes } from './readme';
import { registerStubOffer } from './stubOffer';

/** The Packages view and the READMEs. */
export function registerPackages(context: ViewContext): vscode.Disposable {
  return vscode.Disposable.from(
    registerPackagesView(context),
    registerReadmes(context),
    registerStubOffer(context),
  );
}
