import * as vscode from 'vscode';
import { UsageError } from '../../core/errors';
import type { BoardInfo } from '../../core/board';
import { fetchStubs, type Stubs } from '../../core/packages';
import type { Needs } from '../context';
import { installPython } from '../helpful';
import { placeFile } from '../saveFile';

/**
 * A folder of the extension's own, so that it can be replaced as a whole. The user's `typings`
 * remain unchanged.
 */
const FOLDER = '.vscode/micropython-stubs';
/** Key of the workspace's state: sys.platform of the board for which the stubs were chosen. */
const PLATFORM_KEY = 'mpyFleet.stubsFor';
const SECTION = 'python.analysis';

/** Returns whether Pylance, or a tool that uses its settings, is installed. */
export function hasPylance(): boolean {
  const found = vscode.workspace.getConfiguration(SECTION).inspect('typeshedPaths');
  return found?.defaultValue !== undefined;
}

/**
 * Returns the platform for which this workspace's stubs were chosen. Undefined if there are none
 * from here.
 */
export function setUpFor({ workspaceState }: vscode.ExtensionContext): string | undefined {
  const paths = vscode.workspace.getConfiguration(SECTION).get<unknown>('typeshedPaths');
  const isSetUp = Array.isArray(paths) && paths.includes(FOLDER);
  return isSetUp ? workspaceState.get<string>(PLATFORM_KEY, '') : undefined;
}

/**
 * Downloads the stubs for a board, puts them into the workspace and makes Pylance use them. The
 * caller has asked the user.
 * @throws UsageError, DownloadError, ProtocolError
 */
export async function setUpStubs(
  context: Needs<'extension' | 'settings' | 'packages'>,
  info: Pick<BoardInfo, 'platform' | 'version'>,
  folder: vscode.WorkspaceFolder,
  signal: AbortSignal,
): Promise<Stubs> {
  if (!hasPylance()) {
    throw new UsageError(vscode.l10n.t('Code completion needs the Python extension (Pylance)'), {
      hint: vscode.l10n.t('Install "Python" from the Extensions view, then try again.'),
      next: installPython(),
    });
  }
  const stubs = await fetchStubs(
    info,
    context.settings.get('packages.pypi'),
    context.packages.fetcher,
    signal,
  );
  await writeFolder(vscode.Uri.joinPath(folder.uri, FOLDER), stubs);
  await pointPylance(folder);
  await context.extension.workspaceState.update(PLATFORM_KEY, info.platform);
  return stubs;
}

async function writeFolder(target: vscode.Uri, stubs: Stubs): Promise<void> {
  const { fs } = vscode.workspace;
  try {
    await fs.delete(target, { recursive: true });
  } catch (error) {
    if (!(error instanceof vscode.FileSystemError) || error.code !== 'FileNotFound') throw error;
  }
  for (const { path, content } of stubs.files) {
    await placeFile(vscode.Uri.joinPath(target, path), content);
  }
}

/**
 * Points Pylance at the stubs. A stub path that the user has set is kept; the extension's folder is
 * then added to the extra paths.
 */
async function pointPylance(folder: vscode.WorkspaceFolder): Promise<void> {
  const settings = vscode.workspace.getConfiguration(SECTION, folder.uri);
  const target =
    (vscode.workspace.workspaceFolders?.length ?? 0) > 1
      ? vscode.ConfigurationTarget.WorkspaceFolder
      : vscode.ConfigurationTarget.Workspace;
  await settings.update('typeshedPaths', [FOLDER], target);
  const chosen = settings.inspect<string>('stubPath');
  const own = chosen?.workspaceFolderValue ?? chosen?.workspaceValue ?? chosen?.globalValue;
  if (own === undefined || own === FOLDER) {
    await settings.update('stubPath', FOLDER, target);
    return;
  }
  const extra = settings.get<string[]>('extraPaths', []);
  if (!extra.includes(FOLDER)) await settings.update('extraPaths', [...extra, FOLDER], target);
}
