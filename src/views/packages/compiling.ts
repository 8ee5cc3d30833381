import * as vscode from 'vscode';
import type { Board } from '../../core/board/board';
import { compiledPath, compileForBoard, compileTree } from '../../core/packages/compileForBoard';
import { sha256 } from '../../core/packages/fetcher';
import type { TargetBoard } from '../../core/packages/model';
import { canCompileFor, CompileError, type MpyCross } from '../../core/packages/mpyCross';
import type { LocalFs } from '../../core/sync/localFs';
import type { TransformTree } from '../../core/sync';
import type { Settings } from '../settings';
import { uriAt } from '../sync/workspaceFs';

/** Compiled files kept, so that a fleet, or a sync that is shown and then done, compiles a file once. */
const MOST_KEPT = 500;

export interface CompilingServices {
  readonly settings: Settings;
  readonly mpyCross: MpyCross;
  /** What kind of files a board takes. */
  kindOf(board: Board, signal?: AbortSignal): Promise<TargetBoard>;
}

/** Compile on upload and on sync, as the setting wants it. Mistakes in the source are shown at their lines. */
export class CompileOnUpload implements vscode.Disposable {
  readonly #mistakes = vscode.languages.createDiagnosticCollection('micropython-compiler');
  readonly #edits: vscode.Disposable;
  readonly #kept = new Map<string, Made>();

  constructor(private readonly services: CompilingServices) {
    this.#edits = vscode.workspace.onDidChangeTextDocument(({ document }) => {
      this.#mistakes.delete(document.uri);
    });
  }

  /** Undefined: files go to this board as they are. */
  async forBoard(board: Board, signal?: AbortSignal): Promise<BoardCompiler | undefined> {
    if (!this.services.settings.get('compileOnUpload')) return undefined;
    const kind = await this.services.kindOf(board, signal);
    if (!canCompileFor(kind)) return undefined;
    return new BoardCompiler((path, content, local) => this.#compile(path, content, local, kind));
  }

  async #compile(path: string, content: Uint8Array, local: vscode.Uri, kind: TargetBoard) {
    const key = `${path} ${sha256(content)}`;
    const kept = this.#kept.get(key);
    if (kept) return kept;
    try {
      const made = await compileForBoard(path, content, kind, this.services.mpyCross);
      this.#mistakes.delete(local);
      if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
      this.#kept.set(key, made);
      return made;
    } catch (error) {
      if (error instanceof CompileError) this.#show(local, error);
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

/** A file as it goes onto a board. */
interface Made {
  readonly path: string;
  readonly content: Uint8Array;
}

type Compile = (path: string, content: Uint8Array, local: vscode.Uri) => Promise<Made>;

/** Compiles what goes to one board. */
export class BoardCompiler {
  constructor(readonly compile: Compile) {}

  /** For a sync of files beside `base`. */
  transform(base: vscode.Uri, fs: LocalFs): TransformTree {
    return (tree, remote) =>
      compileTree(tree, remote, async ({ board, local, content }) => {
        if (compiledPath(board) === undefined) return undefined;
        return this.compile(board, content ?? (await fs.read(local)), uriAt(base, local));
      });
  }

  /** For files that were saved: `fs` with compiled content at the paths that `places` names. */
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
