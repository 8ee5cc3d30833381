import * as vscode from 'vscode';
import type { Board, Fleet } from '../../core/board';
import type { BoardFiles } from '../../core/boardFiles';
import { type Device, deviceRules, deviceTree, resolveDevice } from '../../core/deviceYaml';
import { UsageError } from '../../core/errors';
import { selectableBoard, selectBoards } from '../../core/many';
import {
  below,
  BOARD_FOLDER,
  BUILT_IN_IGNORES,
  confinedFs,
  folderWords,
  forBoard,
  IgnoreRules,
  ignoresFor,
  isPerBoard,
  joinLocal,
  type LocalFs,
  type Mapping,
  parseMapping,
  parseSpec,
  placesOf,
  type Prepared,
  prepareFolder,
  prepareTree,
  protection,
  relativeOf,
  specFiles,
  specRules,
  specTree,
  type TransformTree,
  wholeFolder,
} from '../../core/sync';
import type { Settings } from '../settings';
import { requireTrust } from '../trust';
import type { DeviceFiles } from './deviceFiles';
import type { OutsidePlaces } from './outsidePlaces';
import { workspaceFs } from './workspaceFs';
import { openFolder } from '../helpful';

/** Where a board's files come from: a workspace folder, or a device file. */
export interface SyncSource {
  /** For the preview: "my-project", "my-project/lesson", "kitchen in boards.yaml". */
  readonly label: string;
  readonly localFs: LocalFs;
  /** The folder that local paths are relative to. */
  readonly base: vscode.Uri;
  /** Whether it may request compilation of files that uploads leave unchanged. */
  readonly compiles?: boolean;
  /**
   * Asks for the necessary consent before local files are read; call it outside a session.
   * @throws CancelledError
   */
  admit(): Promise<void>;
  prepare(files: BoardFiles, signal?: AbortSignal, transform?: TransformTree): Promise<Prepared>;
  /**
   * Returns the destination of a local file or folder on the board; none if the rules exclude it.
   */
  placesOf(local: vscode.Uri, isDir: boolean): Promise<readonly string[]>;
  isProtected(path: string, isDir: boolean): boolean;
}

export interface SourceServices {
  readonly settings: Settings;
  readonly fleet: Fleet;
  readonly devices: DeviceFiles;
  readonly outside: OutsidePlaces;
}

/**
 * Returns the source of a sync. Priority: mappings in the settings that name the board, and its own
 * folder; then its device file; then mappings for all boards, or the whole folder.
 */
export async function sourceFor(
  services: SourceServices,
  board: Board,
  folder?: vscode.WorkspaceFolder,
): Promise<SyncSource> {
  const owner = await ownerOf(services, board, folder);
  const named = mappingsFor(services, board).some((mapping) => mapping.boards !== undefined);
  const configured = named || owner ? undefined : await services.devices.find(board);
  if (configured) return deviceSource(services, configured.device, configured.complete);
  const from = folder ?? owner?.folder ?? (await chooseFolder());
  const mappings = [...mappingsFor(services, board), ...(owner?.mappings ?? [])];
  return folderSource(services, board, from, mappings);
}

/**
 * Returns the existing folders for this board alone: `boards/<its name>`, or those of mappings with
 * `{name}`.
 */
export async function ownerOf(
  { settings }: Pick<SourceServices, 'settings'>,
  board: Board,
  folder?: vscode.WorkspaceFolder,
): Promise<{ folder: vscode.WorkspaceFolder; mappings: readonly Mapping[] } | undefined> {
  const set = settings.get('sync.mappings').map((setting) => parseMapping(setting));
  const perBoard = set.filter(isPerBoard);
  const own = (mapping: Mapping) => forBoard(mapping, board.name) ?? [];
  // A mapping in the settings says where this folder, or a part of it, belongs.
  const usual = [BOARD_FOLDER]
    .flatMap(own)
    .filter(({ from }) => !set.some((m) => below(from, m.from) !== undefined));
  const wanted = perBoard.length > 0 ? perBoard.flatMap(own) : usual;
  for (const at of folder ? [folder] : (vscode.workspace.workspaceFolders ?? [])) {
    const fs = workspaceFs(at.uri);
    const there: Mapping[] = [];
    for (const mapping of wanted) {
      const found = await fs.stat(vscode.Uri.joinPath(at.uri, mapping.from).path);
      if (found?.type === 'dir') there.push(mapping);
    }
    if (there.length > 0) return { folder: at, mappings: there };
  }
  return undefined;
}

/** Returns the workspace folder: the active editor's, the only one, or the user's choice. */
async function chooseFolder(): Promise<vscode.WorkspaceFolder> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const [first] = folders;
  if (!first) {
    throw new UsageError(vscode.l10n.t('No folder is open'), {
      hint: vscode.l10n.t('Open the folder that holds your program, then sync again.'),
      next: openFolder(),
    });
  }
  const editor = vscode.window.activeTextEditor?.document.uri;
  const active = editor && vscode.workspace.getWorkspaceFolder(editor);
  if (active ?? folders.length === 1) return active ?? first;
  return (await vscode.window.showWorkspaceFolderPick()) ?? first;
}

/**
 * Returns the mappings in the settings that apply to the board, without those for a folder per
 * board: those for all boards, and those whose selector names it.
 */
export function mappingsFor(
  { settings, fleet }: Pick<SourceServices, 'settings' | 'fleet'>,
  board: Board,
): Mapping[] {
  const self = selectableBoard(fleet, board);
  const groups = settings.get('groups');
  return settings
    .get('sync.mappings')
    .map((setting) => parseMapping(setting))
    .filter((mapping) => {
      const { boards } = mapping;
      if (isPerBoard(mapping)) return false;
      return boards === undefined || selectBoards(boards, [self], groups).boards.length > 0;
    });
}

function folderSource(
  services: SourceServices,
  board: Board,
  folder: vscode.WorkspaceFolder,
  own: readonly Mapping[],
): SyncSource {
  const { settings } = services;
  const localFs = confinedFs(workspaceFs(folder.uri), folder.uri.path);
  const ignores = IgnoreRules.parse([...BUILT_IN_IGNORES, ...settings.get('sync.ignore')]);
  // A file in the board's own folder replaces one for all boards.
  const isReplaced = async (place: string, by: string) => {
    const replacing = own.filter((mapping) => mapping.replaces);
    const file = relativeOf(replacing, place);
    if (file === undefined || file === by) return false;
    return (await localFs.stat(joinLocal(folder.uri.path, file))) !== undefined;
  };
  return {
    label: folderWords(folder.name, own),
    localFs,
    base: folder.uri,
    admit: () => Promise.resolve(),
    prepare: (files, signal, transform) =>
      prepareFolder(
        {
          files,
          localFs,
          folder: folder.uri.path,
          mappings: own,
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
      if (rules.ignores(relative, isDir)) return [];
      const mappings = own.length > 0 ? own : wholeFolder((await board.files.places()).home);
      const places = placesOf(mappings, relative);
      const replaced = await Promise.all(places.map((place) => isReplaced(place, relative)));
      return places.filter((_, i) => !replaced[i]);
    },
    isProtected: protection(settings.get('sync.protect')),
  };
}

/**
 * Returns the source for an mqsync specification: the files that it names, relative to its own folder or
 * to the workspace folder.
 * @throws UsageError in restricted mode
 */
export function specSource(outside: OutsidePlaces, spec: vscode.Uri): SyncSource {
  requireTrust();
  const base = vscode.Uri.joinPath(spec, '..');
  const localFs = confinedFs(workspaceFs(base), base.path, outside.mayRead(spec));
  const workspace = vscode.workspace.getWorkspaceFolder(spec);
  const others = workspace ? [workspace.uri.path] : [];
  const read = async () => parseSpec(new TextDecoder().decode(await localFs.read(spec.path)));
  return {
    label: spec.path.split('/').at(-1) ?? '',
    localFs,
    base,
    compiles: true,
    admit: async () => outside.ask(spec, await specFiles(await read(), localFs, base.path, others)),
    async prepare(files, signal, transform) {
      const local = await specTree(await read(), localFs, base.path, signal, others);
      return prepareTree({ files, localFs, transform }, local, specRules(local), signal);
    },
    placesOf: () => Promise.resolve([]),
    isProtected: () => true,
  };
}

/**
 * Returns the files that the device file puts on a board. Undefined if no device file names the
 * board.
 */
export async function configuredFiles(
  services: SourceServices,
  board: Board,
  signal?: AbortSignal,
): Promise<{ file: string; files: { board: string; local: string; size: number }[] } | undefined> {
  const configured = await services.devices.find(board);
  if (!configured) return undefined;
  const { device } = configured;
  const { file, fs, resolve } = resolvable(services, device);
  const files: { board: string; local: string; size: number }[] = [];
  for (const placed of (await resolve(signal)).files) {
    files.push({ ...placed, size: (await fs.stat(placed.local))?.size ?? 0 });
  }
  return { file: file.fsPath, files };
}

/**
 * Returns what is needed to find the files in a device file. They must not be read before the user
 * agrees.
 */
function resolvable({ outside, devices: { environment } }: SourceServices, device: Device) {
  const file = vscode.Uri.parse(device.place.file);
  const folder = vscode.workspace.getWorkspaceFolder(file);
  const base = folder?.uri ?? vscode.Uri.joinPath(file, '..');
  const fs = confinedFs(workspaceFs(base), base.path, outside.mayRead(file));
  const resolve = (signal?: AbortSignal) =>
    resolveDevice(device, { fs, environment, base: base.path, signal });
  return { file, base, fs, resolve };
}

function deviceSource(services: SourceServices, device: Device, complete: boolean): SyncSource {
  const { outside } = services;
  const { file, base, fs: localFs, resolve } = resolvable(services, device);
  const own = services.settings.get('sync.protect');
  return {
    label: vscode.l10n.t('{0} in {1}', device.name, file.path.split('/').at(-1) ?? ''),
    localFs,
    base,
    async admit() {
      const { files } = await resolve();
      await outside.ask(
        file,
        files.map(({ local }) => local),
      );
    },
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
