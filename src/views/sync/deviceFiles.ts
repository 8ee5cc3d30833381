import { homedir } from 'node:os';
import * as vscode from 'vscode';
import type { Board, Lent } from '../../core/board';
import {
  type Device,
  deviceFolders,
  type DeviceRegistry,
  type Dialect,
  type Environment,
  expandPath,
  lentNames,
} from '../../core/deviceYaml';
import type { Settings } from '../settings';
import { isTrusted } from '../trust';
import { uriAt } from './workspaceFs';

/** Locations of device files in a workspace folder. */
export const DEVICES = '.micropython/devices';

/** A device file with its text. */
interface DeviceText {
  readonly uri: vscode.Uri;
  readonly text: string;
}

/** iot-kernel's board files: in the workspace, and in the folders that the settings or IOT_DEVICES name. */
export class DeviceFiles {
  constructor(private readonly settings: Settings) {}

  /** Values of `$VAR` and `~` in device files. */
  get environment(): Environment {
    return { home: vscode.Uri.file(homedir()).path, variables: process.env };
  }

  get dialect(): Dialect | undefined {
    const dialect = this.settings.get('sync.dialect');
    return dialect === 'auto' ? undefined : dialect;
  }

  /**
   * Returns the folders that are searched; none in restricted mode, since these files name other
   * places on the computer.
   */
  folders(): vscode.Uri[] {
    if (!isTrusted()) return [];
    const inWorkspace = (vscode.workspace.workspaceFolders ?? []).map((folder) =>
      vscode.Uri.joinPath(folder.uri, DEVICES),
    );
    const set = this.settings.get('sync.deviceFolders');
    const environment = this.environment;
    const others =
      set.length > 0
        ? set.map((folder) => expandPath(folder, environment).path)
        : deviceFolders(environment);
    const base = vscode.Uri.file('/');
    return [...inWorkspace, ...others.map((path) => uriAt(base, path))];
  }

  /** Returns whether a document is one of the device files. */
  isDeviceFile(uri: vscode.Uri): boolean {
    const folder = vscode.Uri.joinPath(uri, '..').toString();
    return isYaml(uri.path) && this.folders().some((f) => f.toString() === folder);
  }

  /**
   * Returns the device files with their texts: the editor's text for files that are being edited.
   */
  async files(): Promise<DeviceText[]> {
    const found: DeviceText[] = [];
    for (const folder of this.folders()) {
      for (const name of await yamlIn(folder)) {
        const uri = vscode.Uri.joinPath(folder, name);
        found.push({ uri, text: await textOf(uri) });
      }
    }
    return found;
  }

  /** Returns all configured boards. `file` of each is a URI. */
  async registry(): Promise<DeviceRegistry> {
    return this.#parsed(await this.files());
  }

  async #parsed(files: readonly DeviceText[]): Promise<DeviceRegistry> {
    const texts = files.map(({ uri, text }) => ({ file: uri.toString(), text }));
    const { readRegistry } = await import('../../core/deviceYaml/registry');
    return readRegistry(texts, { dialect: this.dialect });
  }

  /** Returns the names and tags that these files give to boards. Files of the workspace are not the user's own. */
  async lent(): Promise<ReadonlyMap<string, Lent>> {
    const files = await this.files();
    if (files.length === 0) return new Map(); // most users have none
    const { devices } = await this.#parsed(files);
    const isOwn = (file: string) => !vscode.workspace.getWorkspaceFolder(vscode.Uri.parse(file));
    return lentNames(devices, isOwn);
  }

  /** Returns the configuration of a board, by its name, else by its uid. */
  async find(board: Board): Promise<{ device: Device; complete: boolean } | undefined> {
    const registry = await this.registry();
    const device = registry.find(board.name) ?? (board.uid ? registry.find(board.uid) : undefined);
    if (!device) return undefined;
    const own = registry.diagnostics.filter((d) => d.file === device.place.file);
    return { device, complete: own.every((d) => d.severity !== 'error') };
  }
}

function isYaml(path: string): boolean {
  return /\.ya?ml$/i.test(path);
}

async function yamlIn(folder: vscode.Uri): Promise<string[]> {
  try {
    const entries = await vscode.workspace.fs.readDirectory(folder);
    const files = entries.filter(([name, type]) => isYaml(name) && type & vscode.FileType.File);
    return files.map(([name]) => name).sort();
  } catch (error) {
    // Most users have none of these folders.
    if (error instanceof vscode.FileSystemError) return [];
    throw error;
  }
}

async function textOf(uri: vscode.Uri): Promise<string> {
  const open = vscode.workspace.textDocuments.find((d) => d.uri.toString() === uri.toString());
  return open?.getText() ?? new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
}
