import * as vscode from 'vscode';
import type { Needs } from '../context';
import { registerDeviceCompletion } from './deviceCompletion';
import { registerDeviceDiagnostics } from './deviceDiagnostics';
import { DeviceNames } from './deviceNames';
import { registerNothing } from './diff';
import { SyncOnSave } from './onSave';
import { registerSyncView } from './syncView';

/** Registers the Sync view, sync on save, and support for device files. */
export function registerSync(
  context: Needs<'log' | 'settings' | 'fleet' | 'known' | 'active' | 'sync'>,
): vscode.Disposable {
  return vscode.Disposable.from(
    registerSyncView(context),
    registerNothing(),
    new SyncOnSave(context),
    registerDeviceDiagnostics(context),
    new DeviceNames(context.sync.devices, context.known, context.log),
    registerDeviceCompletion(context),
  );
}
