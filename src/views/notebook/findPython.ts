import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import * as vscode from 'vscode';

/** The part of the Python extension's API that is used: the selected interpreter. */
interface PythonApi {
  readonly environments?: {
    getActiveEnvironmentPath?(resource?: vscode.Uri): { readonly path?: unknown } | undefined;
  };
}

/**
 * Returns the interpreter selected in the editor, or else the first python3 on PATH; undefined if
 * there is none.
 */
export async function findPython(folder: string): Promise<string | undefined> {
  const extension = vscode.extensions.getExtension<PythonApi | undefined>('ms-python.python');
  const api = extension?.isActive ? extension.exports : undefined;
  const selected = api?.environments?.getActiveEnvironmentPath?.(vscode.Uri.file(folder))?.path;
  const configured = vscode.workspace.getConfiguration('python').get('defaultInterpreterPath');
  for (const path of [selected, configured]) {
    if (typeof path === 'string' && /[\\/]/.test(path) && (await isProgram(path))) return path;
  }
  const names =
    process.platform === 'win32' ? ['python3.exe', 'python.exe', 'py.exe'] : ['python3', 'python'];
  const places = (process.env.PATH ?? '').split(delimiter).filter((p) => p !== '');
  for (const name of names) {
    for (const place of places) {
      const path = join(place, name);
      if (await isProgram(path)) return path;
    }
  }
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
