import * as vscode from 'vscode';
import type { ViewContext } from '../context';
import { registerDeviceCompletion } from './deviceCompletion';
import { registerDeviceDiagnostics } from './deviceDiagnostics';
import { registerNothing } from './diff';
import { SyncOnSave } from './onSave';
import { registerSyncView } from './syncView';

/** Registers the Sync view, sync on save, and support for device files. */
export function registerSync(context: ViewContext): vscode.Disposable {
  return vscode.Disposable.from(
    registerSyncView(context),
    registerNothing(),
    new SyncOnSave(context),
    registerDeviceDiagnostics(context),
    registerDeviceCompletion(context),
  );
}
