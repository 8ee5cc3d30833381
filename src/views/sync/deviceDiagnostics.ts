import * as vscode from 'vscode';
import { asError } from '../../core/errors';
import { checkSecrets, type Diagnostic, resolveDevice } from '../../core/deviceYaml';
import { DisposableStore } from '../../core/events';
import { Coalescer } from '../coalesce';
import type { Needs } from '../context';
import { workspaceFs } from './workspaceFs';

/** Milliseconds after the last key before the files are read again. */
const PAUSE_MS = 300;

const SEVERITIES = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
};

/** Shows errors in device files at their lines: in the edited file, and in all of them once one has been opened. */
export function registerDeviceDiagnostics(context: Needs<'log' | 'sync'>): vscode.Disposable {
  const store = new DisposableStore();
  const shown = vscode.languages.createDiagnosticCollection('micropython-devices');
  store.add(vscode.Disposable.from(shown));
  const { devices } = context.sync;
  const check = () => {
    checkAll(context, shown).catch((error: unknown) => {
      context.log.error('The device files could not be checked', asError(error).message);
    });
  };
  const soon = store.add(new Coalescer<true>(PAUSE_MS, check));
  const look = (document: vscode.TextDocument) => {
    if (devices.isDeviceFile(document.uri)) soon.add(true);
  };
  store.add(vscode.workspace.onDidOpenTextDocument(look));
  store.add(vscode.workspace.onDidSaveTextDocument(look));
  store.add(vscode.workspace.onDidChangeTextDocument(({ document }) => look(document)));
  const lookAtAll = () => vscode.workspace.textDocuments.forEach(look);
  store.add(vscode.workspace.onDidGrantWorkspaceTrust(lookAtAll));
  lookAtAll();
  return vscode.Disposable.from(store);
}

async function checkAll(
  { sync }: Needs<'sync'>,
  shown: vscode.DiagnosticCollection,
): Promise<void> {
  const { devices } = sync;
  const files = await devices.files();
  const { parseDeviceFile } = await import('../../core/deviceYaml/parse');
  const { readRegistry } = await import('../../core/deviceYaml/registry');
  const texts = files.map(({ uri, text }) => ({ file: uri.toString(), text }));
  const { dialect, environment } = devices;
  const found: Diagnostic[] = [...readRegistry(texts, { dialect }).diagnostics];
  for (const { file, text } of texts) {
    const uri = vscode.Uri.parse(file);
    const folder = vscode.workspace.getWorkspaceFolder(uri)?.uri;
    const base = folder ?? vscode.Uri.joinPath(uri, '..');
    const options = { fs: workspaceFs(base), environment, base: base.path };
    for (const device of parseDeviceFile(file, text, { dialect }).devices) {
      const { placements, diagnostics } = await resolveDevice(device, options);
      found.push(...diagnostics, ...(await checkSecrets(placements, options.fs)));
    }
  }
  shown.clear();
  for (const { uri } of files) {
    const own = found.filter((d) => d.file === uri.toString());
    shown.set(uri, own.map(toDiagnostic));
  }
}

function toDiagnostic({ line, col, message, severity }: Diagnostic): vscode.Diagnostic {
  const start = new vscode.Position(line - 1, col - 1);
  // VS Code widens an empty range to the word at its place.
  const diagnostic = new vscode.Diagnostic(
    new vscode.Range(start, start),
    message,
    SEVERITIES[severity],
  );
  diagnostic.source = 'MicroPython';
  return diagnostic;
}
