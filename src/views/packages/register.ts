import * as vscode from 'vscode';
import type { ViewContext } from '../context';
import { registerMissingModules } from './missingModules';
import { registerPackagesView } from './packagesView';
import { registerReadmes } from './readme';
import { registerStubOffer } from './stubOffer';

/** The Packages view, READMEs, and offers: stubs, and packages that a program needs. */
export function registerPackages(context: ViewContext): vscode.Disposable {
  return vscode.Disposable.from(
    registerPackagesView(context),
    registerReadmes(context),
    registerStubOffer(context),
    registerMissingModules(context),
  );
}
