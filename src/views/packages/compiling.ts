import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import {
  canCompileFor,
  compiledPath,
  CompileError,
  compileForBoard,
  compileTree,
  type MpyCross,
  type TargetBoard,
} from '../../core/packages';
import { sha256 } from '../../core/hash';
import type { LocalFs, TransformTree } from '../../core/sync';
import type { Settings } from '../settings';
import { uriAt } from '../sync';

/**
 * Number of compiled files in the cache, so that several boards, or a preview and its sync, compile
 * a file once.
 */
const MOST_KEPT = 500;

export interface CompilingServices {
  readonly settings: Settings;
  readonly mpyCross: MpyCross;
  /** Returns the kind of files that a board can load. */
  kindOf(board: Board, signal?: AbortSignal): Promise<TargetBoard>;
}

/** Compiles on upload and on sync if the setting asks for it. Errors in the source are shown at their lines. */
export class CompileOnUpload implements vscode.Disposable {
  readonly #mistakes = vscode.languages.createDiagnosticCollection('micropython-compiler');
  readonly #edits: vscode.Disposable;
  readonly #kept = new Map<string, Made>();

  constructor(private readonly services: CompilingServices) {
    this.#edits = vscode.workspace.onDidChangeTextDocument(({ document }) => {
      this.#mistakes.delete(document.uri);
    });
  }

  /**
   * Returns a compiler, or undefined if files go to this board unchanged.
   * @param marked the source of the files may request compilation of some, regardless of the
   * setting
   */
  async forBoard(
    board: Board,
    signal?: AbortSignal,
    marked = false,
  ): Promise<BoardCompiler | undefined> {
    const all = this.services.settings.get('compileOnUpload');
    if (!all && !marked) return undefined;
    const kind = await this.services.kindOf(board, signal);
    if (!canCompileFor(kind) && !marked) return undefined;
    return new BoardCompiler(
      (path, content, local) => this.#compile(path, content, local, kind),
      all,
    );
  }

  async #compile(
    path: string,
    content: Uint8Array,
    local: vscode.Uri | undefined,
    kind: TargetBoard,
  ) {
    const key = `${path} ${sha256(content)}`;
    const kept = this.#kept.get(key);
    if (kept) return kept;
    try {
      const made = await compileForBoard(path, content, kind, this.services.mpyCross);
      if (local) this.#mistakes.delete(local);
      if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
      this.#kept.set(key, made);
      return made;
    } catch (error) {
      if (local && error instanceof CompileError) this.#show(local, error);
      throw error;
    }
  }

  #show(local: vscode.Uri, { line, detail }: CompileError): void {
    const whole = new vscode.Range(line - 1, 0, line - 1, Number.MAX_SAFE_INTEGER);
    const mistake = new vscode.Diagnostic(whole, detail, vscode.DiagnosticSeverity.Error);
    mistake.source = 'MicroPython';
    this.#mistakes.set(local, [mistake]);
  }

  dispose(): void {
    this.#edits.dispose();
    this.#mistakes.dispose();
  }
}

/** A file in the form in which it is written to a board. */
interface Made {
  readonly path: string;
  readonly content: Uint8Array;
}

/** `local`: the file at which errors are shown; undefined if it is not on this computer. */
type Compile = (path: string, content: Uint8Array, local: vscode.Uri | undefined) => Promise<Made>;

/** Compiles the files for one board. */
export class BoardCompiler {
  /** @param all false: only the files that are marked */
  constructor(
    readonly compile: Compile,
    private readonly all: boolean,
  ) {}

  /** Compiles for a sync of files relative to `base`. */
  transform(base: vscode.Uri, fs: LocalFs): TransformTree {
    return (tree, remote) =>
      compileTree(tree, remote, async ({ board, local, content, compile }) => {
        if (compiledPath(board) === undefined || !(this.all || compile)) return undefined;
        return this.compile(board, content ?? (await fs.read(local)), uriAt(base, local));
      });
  }

  /** Compiles saved files: returns `fs` with compiled content at the paths in `places`. */
  following(base: vscode.Uri, fs: LocalFs, places: ReadonlyMap<string, string>): LocalFs {
    const read = async (path: string) => {
      const content = await fs.read(path);
      const place = places.get(path);
      if (place === undefined) return content;
      return (await this.compile(place, content, uriAt(base, path))).content;
    };
    return { ...fs, read };
  }
}
