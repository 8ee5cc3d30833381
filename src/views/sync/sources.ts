import * as vscode from 'vscode';
import type { Board } from '../../core/board/board';
import type { BoardFiles } from '../../core/boardFiles';
import { deviceRules, deviceTree } from '../../core/deviceYaml/deviceTree';
import type { Device } from '../../core/deviceYaml/model';
import { resolveDevice } from '../../core/deviceYaml/resolve';
import { UsageError } from '../../core/errors';
import type { Fleet } from '../../core/board/fleet';
import { selectableBoard } from '../../core/many/selectableBoard';
import { selectBoards } from '../../core/many/selector';
import { prepareFolder, prepareTree, type Prepared, type TransformTree } from '../../core/sync';
import type { LocalFs } from '../../core/sync/localFs';
import { below } from '../../core/sync/boardPath';
import { ignoresFor } from '../../core/sync/folderScan';
import { BUILT_IN_IGNORES, IgnoreRules } from '../../core/sync/ignoreRules';
import { parseMapping, placesOf, WHOLE_FOLDER, type Mapping } from '../../core/sync/mapping';
import { parseSpec, specRules, specTree } from '../../core/sync/mqsyncSpec';
import { protection } from '../../core/sync/rules';
import type { Settings } from '../settings';
import type { DeviceFiles } from './deviceFiles';
import { workspaceFs } from './workspaceFs';

/** Where a board's files come from: a workspace folder, or a device file. */
export interface SyncSource {
  /** For the preview: "my-project", "kitchen in boards.yaml". */
  readonly label: string;
  readonly localFs: LocalFs;
  /** What local paths are beside. */
  readonly base: vscode.Uri;
  prepare(files: BoardFiles, signal?: AbortSignal, transform?: TransformTree): Promise<Prepared>;
  /** Where a local file (or folder) goes on the board; nowhere when the rules leave it out. */
  placesOf(local: vscode.Uri, isDir: boolean): Promise<readonly string[]>;
  isProtected(path: string, isDir: boolean): boolean;
}

export interface SourceServices {
  readonly settings: Settings;
  readonly fleet: Fleet;
  readonly devices: DeviceFiles;
}

/** Mappings of the settings that say a board's name win; then its device file; then mappings for all, or the whole folder. */
export async function sourceFor(
  services: SourceServices,
  board: Board,
  folder?: vscode.WorkspaceFolder,
): Promise<SyncSource> {
  const own = mappingsFor(services, board).filter((mapping) => mapping.boards !== undefined);
  const configured = own.length > 0 ? undefined : await services.devices.find(board);
  return configured
    ? deviceSource(services, configured.device, configured.complete)
    : folderSource(services, board, folder ?? (await chooseFolder()));
}

/** The workspace folder: the active editor's, the only one, or the user's choice. */
async function chooseFolder(): Promise<vscode.WorkspaceFolder> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const [first] = folders;
  if (!first) {
    throw new UsageError(vscode.l10n.t('No folder is open'), {
      hint: vscode.l10n.t('Open the folder that holds your program, then sync again.'),
    });
  }
  const editor = vscode.window.activeTextEditor?.document.uri;
  const active = editor && vscode.workspace.getWorkspaceFolder(editor);
  if (active ?? folders.length === 1) return active ?? first;
  return (await vscode.window.showWorkspaceFolderPick()) ?? first;
}

/** The mappings that are for a board: those for all, and those whose selector names it. */
export function mappingsFor(
  { settings, fleet }: Pick<SourceServices, 'settings' | 'fleet'>,
  board: Board,
): Mapping[] {
  const self = selectableBoard(board, fleet.tagsOf(board));
  const groups = settings.get('groups');
  return settings
    .get('sync.mappings')
    .map((setting) => parseMapping(setting))
    .filter(({ boards }) => {
      return boards === undefined || selectBoards(boards, [self], groups).boards.length > 0;
    });
}

function folderSource(
  services: SourceServices,
  board: Board,
  folder: vscode.WorkspaceFolder,
): SyncSource {
  const { settings } = services;
  const localFs = workspaceFs(folder.uri);
  const own = mappingsFor(services, board);
  const mappings = own.length > 0 ? own : WHOLE_FOLDER;
  const ignores = IgnoreRules.parse([...BUILT_IN_IGNORES, ...settings.get('sync.ignore')]);
  return {
    label: folder.name,
    localFs,
    base: folder.uri,
    prepare: (files, signal, transform) =>
      prepareFolder(
        {
          files,
          localFs,
          folder: folder.uri.path,
          mappings,
          ignore: settings.get('sync.ignore'),
          protect: settings.get('sync.protect'),
          transform,
        },
        signal,
      ),
    async placesOf(local, isDir) {
      const relative = below(folder.uri.path, local.path);
      if (relative === undefined || relative === '') return [];
      const rules = await ignoresFor(localFs, folder.uri.path, ignores, relative);
      return rules.ignores(relative, isDir) ? [] : placesOf(mappings, relative);
    },
    isProtected: protection(settings.get('sync.protect')),
  };
}

/** An mqsync specification: the files that it names, relative to its own folder. */
export function specSource(spec: vscode.Uri): SyncSource {
  const base = vscode.Uri.joinPath(spec, '..');
  const localFs = workspaceFs(base);
  return {
    label: spec.path.split('/').at(-1) ?? '',
    localFs,
    base,
    async prepare(files, signal, transform) {
      const text = new TextDecoder().decode(await localFs.read(spec.path));
      const local = await specTree(parseSpec(text), localFs, base.path, signal);
      return prepareTree({ files, localFs, transform }, local, specRules(local), signal);
    },
    placesOf: () => Promise.resolve([]),
    isProtected: () => true,
  };
}

function deviceSource(services: SourceServices, device: Device, complete: boolean): SyncSource {
  const file = vscode.Uri.parse(device.place.file);
  const folder = vscode.workspace.getWorkspaceFolder(file);
  const base = folder?.uri ?? vscode.Uri.joinPath(file, '..');
  const localFs = workspaceFs(base);
  const { environment } = services.devices;
  const resolve = (signal?: AbortSignal) =>
    resolveDevice(device, { fs: localFs, environment, base: base.path, signal });
  const own = services.settings.get('sync.protect');
  return {
    label: vscode.l10n.t('{0} in {1}', device.name, file.path.split('/').at(-1) ?? ''),
    localFs,
    base,
    async prepare(files, signal, transform) {
      const resolved = await resolve(signal);
      const whole = complete && resolved.diagnostics.every((d) => d.severity !== 'error');
      const rules = deviceRules(device, resolved.files, whole, own);
      const local = await deviceTree(resolved, localFs, signal);
      return prepareTree({ files, localFs, transform }, local, rules, signal);
    },
    async placesOf(local) {
      const { files } = await resolve();
      return files.filter((file) => file.local === local.path).map((file) => file.board);
    },
    isProtected: protection([...own, ...device.protect]),
  };
}
