import * as vscode from 'vscode';
import type { Board, Fleet } from '../../core/board';
import type { Stat } from '../../core/boardFiles';
import { ProgramRunningError } from '../../core/errors';
import { DisposableStore, type Disposable } from '../../core/events';
import { SCHEME, type BoardUris, type RemotePath } from '../boardUris';
import type { FileChange, FileChanges } from '../fileChanges';
import { childOf } from '../tree';
import { fileSystemError } from './errors';
import { FileVersions } from './versions';
import { boardAppears } from './boardAppears';
import { isMissing } from '../../core/files';

export interface FileSystemServices {
  readonly fleet: Fleet;
  readonly uris: BoardUris;
  readonly fileChanges: FileChanges;
}

const CHANGE_TYPES = {
  created: vscode.FileChangeType.Created,
  changed: vscode.FileChangeType.Changed,
  deleted: vscode.FileChangeType.Deleted,
};

/**
 * The `mpy:` file system. Reading and saving may ask whether a running program may be stopped.
 * Looking (stat, listing) never asks, because VS Code looks on its own, for settings files and the
 * like.
 */
export class BoardFileSystem implements vscode.FileSystemProvider, Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new vscode.EventEmitter<vscode.FileChangeEvent[]>());
  readonly onDidChangeFile = this.#changed.event;
  readonly #versions = new FileVersions();

  constructor(private readonly services: FileSystemServices) {
    this.#store.add(services.fileChanges.onDidChange((changes) => this.#tell(changes)));
  }

  /** Does nothing: boards do not report changes, and FileChanges reports those made from here. */
  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    return this.#at(uri, async ({ board, path }) => {
      if (path === '/') return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 };
      try {
        const stat = await board.quietFiles.stat(path);
        return fileStat(board, stat, this.#versions.seen(board, path, stat));
      } catch (error) {
        const known = this.#versions.known(board, path);
        if (!known || !(error instanceof ProgramRunningError)) throw error;
        return fileStat(board, known.stat, known.mtime);
      }
    });
  }

  readDirectory(uri: vscode.Uri): Promise<[string, vscode.FileType][]> {
    return this.#at(uri, async ({ board, path }) => {
      const entries = await board.quietFiles.list(path);
      for (const entry of entries) {
        const { type, size, mtime } = entry;
        this.#versions.seen(board, childOf(path, entry.name), { type, size, mtime });
      }
      return entries.map((e): [string, vscode.FileType] => [e.name, fileType(e)]);
    });
  }

  readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return this.#at(uri, ({ board, path }) => board.files.read(path));
  }

  writeFile(
    uri: vscode.Uri,
    content: Uint8Array,
    options: { create: boolean; overwrite: boolean },
  ): Promise<void> {
    return this.#at(uri, async ({ board, path }) => {
      if (!options.create || !options.overwrite) {
        const there = await isThere(board, path);
        if (there && !options.overwrite) throw vscode.FileSystemError.FileExists(uri);
        if (!there && !options.create) throw vscode.FileSystemError.FileNotFound(uri);
      }
      await board.files.write(path, content);
    });
  }

  createDirectory(uri: vscode.Uri): Promise<void> {
    return this.#at(uri, ({ board, path }) => board.files.mkdir(path));
  }

  delete(uri: vscode.Uri, { recursive }: { recursive: boolean }): Promise<void> {
    return this.#at(uri, ({ board, path }) => {
      if (path === '/') throw vscode.FileSystemError.NoPermissions(uri);
      return board.files.remove(path, { recursive });
    });
  }

  rename(from: vscode.Uri, to: vscode.Uri, options: { overwrite: boolean }): Promise<void> {
    return this.#pair(from, to, (a, b) => a.board.files.rename(a.path, b.path, options));
  }

  copy(from: vscode.Uri, to: vscode.Uri, options: { overwrite: boolean }): Promise<void> {
    return this.#pair(from, to, (a, b) => a.board.files.copy(a.path, b.path, options));
  }

  #pair(
    from: vscode.Uri,
    to: vscode.Uri,
    work: (a: RemotePath, b: RemotePath) => Promise<void>,
  ): Promise<void> {
    return this.#at(from, (a) =>
      this.#at(to, async (b) => {
        // If this is refused, VS Code copies by reading and writing.
        if (a.board !== b.board) throw vscode.FileSystemError.Unavailable(to);
        await work(a, b);
      }),
    );
  }

  async #at<T>(uri: vscode.Uri, work: (place: RemotePath) => Promise<T> | T): Promise<T> {
    const place = this.services.uris.fromUri(uri) ?? (await this.#appears(uri));
    try {
      return await work(place);
    } catch (error) {
      throw fileSystemError(error, uri);
    }
  }

  /** Editors are restored before the first port scan, so a board may appear a moment later. */
  async #appears(uri: vscode.Uri): Promise<RemotePath> {
    await boardAppears(this.services.fleet, () => this.services.uris.fromUri(uri) !== undefined);
    const place = this.services.uris.fromUri(uri);
    if (place) return place;
    throw vscode.FileSystemError.Unavailable(
      vscode.l10n.t("This file's board is not connected. Plug it in, then try again."),
    );
  }

  #tell(changes: readonly FileChange[]): void {
    for (const { board, path } of changes) this.#versions.forget(board, path);
    this.#changed.fire(
      changes.map(({ board, path, type }) => ({
        type: CHANGE_TYPES[type],
        uri: this.services.uris.toUri(board, path),
      })),
    );
  }

  dispose(): void {
    this.#store.dispose();
  }
}

function fileType(stat: Stat): vscode.FileType {
  return stat.type === 'dir' ? vscode.FileType.Directory : vscode.FileType.File;
}

function fileStat(board: Board, stat: Stat, mtime: number): vscode.FileStat {
  const permissions = board.info?.readOnly ? vscode.FilePermission.Readonly : undefined;
  return { type: fileType(stat), ctime: 0, mtime, size: stat.size, permissions };
}

async function isThere(board: Board, path: string): Promise<boolean> {
  try {
    await board.files.stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Makes `mpy:` files known to VS Code. */
export function registerFileSystem(services: FileSystemServices): vscode.Disposable {
  const provider = new BoardFileSystem(services);
  return vscode.Disposable.from(
    provider,
    vscode.workspace.registerFileSystemProvider(SCHEME, provider, { isCaseSensitive: true }),
  );
}
