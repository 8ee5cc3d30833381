import * as vscode from 'vscode';
import type { Board, Fleet } from '../core/board';
import { utf8, hex, text } from '../core/bytes';
import type { Disposable } from '../core/events';

export const SCHEME = 'mpy';
/** Fragment in the URIs of the tree's rows. They are below their board, so a mark would only repeat its name. */
export const IN_TREE = 'tree';

/**
 * Marks an authority that is a node's id instead of a uid. Ids are written in hex because VS Code
 * lower-cases authorities.
 */
const ID_PREFIX = 'id-';

/** A place on a board. */
export interface RemotePath {
  readonly board: Board;
  /** Absolute, `/` between parts. */
  readonly path: string;
}

/**
 * Translates between `mpy://<uid in hex>/path` and a board with a path. Names are for display only,
 * so a renamed board keeps its open editors.
 */
export class BoardUris implements Disposable {
  readonly #aliases = new Map<string, Board>();
  readonly #subscription: Disposable;

  constructor(private readonly fleet: Fleet) {
    this.#subscription = fleet.onDidMerge(({ from, into }) => {
      this.#aliases.set(authorityOfId(from.id), into);
    });
  }

  toUri(board: Board, path: string): vscode.Uri {
    const authority = isUid(board.uid) ? board.uid : authorityOfId(board.id);
    return vscode.Uri.from({
      scheme: SCHEME,
      authority,
      path: path.startsWith('/') ? path : `/${path}`,
    });
  }

  /** Returns undefined if the board is unknown or `uri` does not name a board. */
  fromUri(uri: vscode.Uri): RemotePath | undefined {
    if (uri.scheme !== SCHEME) return undefined;
    const board = this.#boardAt(uri.authority);
    return board && { board, path: uri.path === '' ? '/' : uri.path };
  }

  #boardAt(authority: string): Board | undefined {
    const key = authority.toLowerCase();
    if (!key.startsWith(ID_PREFIX)) return this.fleet.byUid(key);
    const bytes = Buffer.from(key.slice(ID_PREFIX.length), 'hex');
    return this.fleet.byId(text(bytes)) ?? this.#aliases.get(key);
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}

function authorityOfId(id: string): string {
  return ID_PREFIX + hex(utf8(id));
}

/** Returns whether a uid identifies a board. An all-zero uid (emulators, some ports) does not. */
function isUid(uid: string | undefined): uid is string {
  return uid !== undefined && /^[0-9a-f]+$/.test(uid) && !/^0*$/.test(uid);
}
