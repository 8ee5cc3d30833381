import * as vscode from 'vscode';
import type { Needs } from '../context';
import { registerMissingModules } from './missingModules';
import { registerPackagesView } from './packagesView';
import { registerReadmes } from './readme';
import { registerStubOffer } from './stubOffer';

/** Registers the Packages view, READMEs, and offers: stubs, and packages that a program needs. */
export function registerPackages(
  context: Needs<'extension' | 'log' | 'fleet' | 'tree' | 'terminals' | 'runs' | 'packages'>,
): vscode.Disposable {
  return vscode.Disposable.from(
    registerPackagesView(context),
    registerReadmes(context),
    registerStubOffer(context),
    registerMissingModules(context),
  );
}
