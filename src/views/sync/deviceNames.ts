import * as vscode from 'vscode';
import type { KnownBoards } from '../../core/board';
import { asError } from '../../core/errors';
import type { Log } from '../../core/log';
import { tellBriefly } from '../message';
import { DEVICES, type DeviceFiles } from './deviceFiles';

/** Device files in any of the folders that are searched. */
const FILES = '*.{yaml,yml}';

/** Shows boards under the names and tags of device files, and follows changes of these files. */
export class DeviceNames implements vscode.Disposable {
  readonly #own: vscode.Disposable;
  #watchers = vscode.Disposable.from();
  /** The last problem that was reported, so that each is reported once. */
  #told = '';
  #isReading = false;
  #isStale = false;

  constructor(
    private readonly devices: DeviceFiles,
    private readonly known: KnownBoards,
    private readonly log: Log,
  ) {
    this.#own = vscode.Disposable.from(
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#follow()),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.#follow()),
      vscode.workspace.onDidChangeConfiguration((e) => {
        if (e.affectsConfiguration('mpyFleet.sync')) this.#follow();
      }),
    );
    this.#follow();
  }

  dispose(): void {
    this.#own.dispose();
    this.#watchers.dispose();
  }

  /** Watches the folders that are searched now, and reads them. */
  #follow(): void {
    this.#watchers.dispose();
    const folders = this.devices.folders();
    const patterns = [
      // Also where the folder does not exist yet.
      ...(vscode.workspace.workspaceFolders ?? []).map(
        (folder) => new vscode.RelativePattern(folder, `${DEVICES}/${FILES}`),
      ),
      ...folders
        .filter((uri) => !vscode.workspace.getWorkspaceFolder(uri))
        .map((uri) => new vscode.RelativePattern(uri, FILES)),
    ];
    const watchers = folders.length === 0 ? [] : patterns.map((p) => this.#watch(p));
    this.#watchers = vscode.Disposable.from(...watchers);
    void this.#read();
  }

  #watch(pattern: vscode.RelativePattern): vscode.Disposable {
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    const read = () => void this.#read();
    watcher.onDidCreate(read);
    watcher.onDidChange(read);
    watcher.onDidDelete(read);
    return watcher;
  }

  /** Reads all files again, one reading after the other. Never rejects. */
  async #read(): Promise<void> {
    this.#isStale = true;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#isStale) {
      this.#isStale = false;
      try {
        this.known.lend(await this.devices.lent());
        this.#told = '';
      } catch (error) {
        this.#tell(asError(error).message);
      }
    }
    this.#isReading = false;
  }

  #tell(message: string): void {
    if (message === this.#told) return;
    this.#told = message;
    this.log.warn(`The names in device files are not used: ${message}`);
    tellBriefly(vscode.l10n.t('A device file cannot be read: {0}', message), 'error');
  }
}
