import * as l10n from '@vscode/l10n';
import type { BoardFiles, WriteItem } from '../boardFiles';
import { throwIfAborted } from '../async';
import { ProtocolError } from '../errors';
import { byPath, parentsOf } from './boardPath';
import type { LocalFs } from './localFs';
import { sha256 } from '../hash';
import type { SyncAction, SyncPlan } from './model';
import { boardSide, localSide, type Side } from './sides';
import { checkSpace } from './spaceCheck';
import type { UndoEntry, UndoStore } from './undoStore';

/** Where a plan is applied, and where old content is kept for undo. */
export interface ApplyOptions {
  readonly files: BoardFiles;
  readonly localFs: LocalFs;
  readonly undo: UndoStore;
  /** Key of the undo record: the board's uid or id. */
  readonly board: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Board paths of the actions to take. Default: all. */
  readonly chosen?: ReadonlySet<string>;
  readonly signal?: AbortSignal;
  /** Called with the bytes moved so far and in total. */
  readonly onProgress?: (done: number, total: number, path: string) => void;
}

/** The result of a sync. */
export interface SyncResult {
  readonly added: number;
  readonly updated: number;
  readonly deleted: number;
  /** Files whose names only changed case. */
  readonly renamed: number;
  /** Actions of the plan that were not chosen. */
  readonly left: number;
  readonly unchanged: number;
  /** Bytes of content moved. */
  readonly bytes: number;
  /** The changed paths, on the board or (pull) on the computer. */
  readonly paths: readonly string[];
}

/**
 * Carries out a plan, or the chosen actions of it. Free space is checked, content that will be overwritten or deleted is kept
 * for undo, then all files go in one stream. Each file has its old or its new content, never a part. After a failure the next
 * plan continues from the files written so far, and undo restores exactly those.
 * @throws FileError (ENOSPC: before anything was changed), ConnectionLostError, CancelledError, ProgramRunningError
 */
export async function applyPlan(plan: SyncPlan, options: ApplyOptions): Promise<SyncResult> {
  const actions = plan.actions.filter((a) => options.chosen?.has(a.path) ?? true);
  const left = plan.actions.length - actions.length;
  const result = { ...count(actions), left, unchanged: plan.unchanged };
  if (actions.length === 0) return result;
  const { signal } = options;
  const side = plan.mode === 'pull' ? localSide(options.localFs) : boardSide(options.files);
  const order = await checkSpace(options.files, actions, plan.boardDirs, signal);
  const run = new Run(plan, actions, side, options);
  await run.remember();
  await run.rename();
  if (order === 'deletionsFirst') await run.removeExcess();
  await run.write();
  if (order === 'writesFirst') await run.removeExcess();
  return result;
}

/** Returns the path on the side that changes. */
function targetOf(action: SyncAction): string {
  return action.side === 'local' ? localOf(action) : action.path;
}

function localOf(action: SyncAction): string {
  if (action.local === undefined) throw new Error(`${action.path} has no place on the computer`);
  return action.local;
}

function count(actions: readonly SyncAction[]) {
  const files = actions.filter((a) => a.type === 'file');
  const of = (kind: SyncAction['kind']) => files.filter((a) => a.kind === kind).length;
  return {
    added: of('add'),
    updated: of('update'),
    deleted: of('delete'),
    renamed: of('rename'),
    bytes: files.reduce((sum, a) => sum + a.size, 0),
    paths: actions.map(targetOf),
  };
}

/** Carries out one plan. */
class Run {
  readonly #renames: readonly SyncAction[];
  readonly #writes: readonly SyncAction[];
  readonly #deletions: readonly SyncAction[];
  /** Undo entries by target path. `after` is corrected if a file has changed since the plan was made. */
  readonly #entries = new Map<string, UndoEntry>();
  readonly #time: number;

  constructor(
    private readonly plan: SyncPlan,
    actions: readonly SyncAction[],
    private readonly side: Side,
    private readonly options: ApplyOptions,
  ) {
    this.#renames = actions.filter((a) => a.kind === 'rename').sort(byPath);
    this.#writes = actions.filter((a) => a.kind === 'add' || a.kind === 'update');
    this.#deletions = actions.filter((a) => a.kind === 'delete');
    this.#time = options.now();
  }

  /** Writes the undo record, then keeps the content that the sync will remove; both before the first change. */
  async remember(): Promise<void> {
    const { undo, signal } = this.options;
    const files = [...this.#writes, ...this.#deletions].filter((a) => a.type === 'file');
    // Undo must restore the present content, which may be newer than the plan.
    const old = files.filter((a) => a.kind !== 'add' || a.side === 'local').map(targetOf);
    const hashes = await this.side.hash(old, signal);
    const before = new Map(old.map((path, i) => [path, hashes[i] ?? null]));
    const after = await this.#newHashes();
    for (const action of files) {
      const path = targetOf(action);
      const entry = { path, before: before.get(path) ?? null, after: after.get(action) ?? null };
      this.#entries.set(path, entry);
    }
    await this.#save();
    const missing = new Map<string, string>();
    for (const { path, before: hash } of this.#entries.values()) {
      throwIfAborted(signal);
      if (hash !== null && !missing.has(hash) && !(await undo.has(hash))) missing.set(hash, path);
    }
    await this.#keep(new Map([...missing].map(([hash, path]) => [path, hash])));
  }

  /** Renames folders before their content, so the paths of the content are right by then. */
  async rename(): Promise<void> {
    for (const { path, was } of this.#renames) {
      throwIfAborted(this.options.signal);
      if (was !== undefined) await this.side.rename(was, path, this.options.signal);
    }
  }

  async write(): Promise<void> {
    if (this.#writes.length === 0) return;
    try {
      await (this.plan.mode === 'pull' ? this.#pull() : this.#push());
    } finally {
      await this.#save();
    }
  }

  async removeExcess(): Promise<void> {
    const { signal } = this.options;
    const files = this.#deletions.filter((a) => a.type === 'file').map((a) => a.path);
    const written = this.#writes.map((a) => a.path);
    const same = await this.side.sameAsWritten(files, written, signal);
    for (const { path, type } of this.#deletions) {
      throwIfAborted(signal);
      if (same.has(path)) continue;
      if (type === 'dir') await this.side.removeEmptyDir(path, signal);
      else if (this.#entries.get(path)?.before != null) await this.side.removeFile(path, signal);
    }
  }

  /** Returns the hashes of the files to write. A pull asks the board once for those that the plan did not need. */
  async #newHashes(): Promise<Map<SyncAction, string | undefined>> {
    const known = new Map(this.#writes.map((a) => [a, a.sha256]));
    const unknown = this.#writes.filter((a) => a.sha256 === undefined);
    if (unknown.length === 0) return known;
    const paths = unknown.map((a) => a.path);
    const hashes = await this.options.files.hash(paths, this.options.signal);
    for (const [i, action] of unknown.entries()) known.set(action, hashes[i]);
    return known;
  }

  /** Keeps the content of these paths for undo. The hashes are those of the content. */
  async #keep(hashes: ReadonlyMap<string, string>): Promise<void> {
    const keep = async (content: Uint8Array, path: string) => {
      if (sha256(content) !== hashes.get(path)) {
        throw new ProtocolError(l10n.t('{0} changed while a copy was being made for undo', path), {
          hint: l10n.t(
            'Nothing was changed. Stop the program that writes this file, then sync again.',
          ),
        });
      }
      await this.options.undo.keep(content);
    };
    if (hashes.size > 0) {
      await this.side.readMany([...hashes.keys()], keep, this.options.signal);
    }
  }

  /** Writes from the computer to the board, all files in one stream. */
  async #push(): Promise<void> {
    const { localFs, signal, onProgress } = this.options;
    const items = this.#writes.map((action): WriteItem => {
      const content = async () => {
        const bytes = action.content ?? (await localFs.read(localOf(action)));
        this.#written(action.path, bytes);
        return bytes;
      };
      return { path: action.path, content };
    });
    await this.options.files.writeMany(items, { signal, onProgress });
  }

  /** Writes from the board to the computer, all files in one stream. One board file may have several local places. */
  async #pull(): Promise<void> {
    const { files, localFs, signal, onProgress } = this.options;
    const places = new Map<string, string[]>();
    for (const action of this.#writes) {
      places.set(action.path, [...(places.get(action.path) ?? []), localOf(action)]);
    }
    const sizes = new Map(this.#writes.map((action) => [action.path, action.size]));
    const items = [...sizes].map(([path, size]) => ({ path, size }));
    const take = async (content: Uint8Array, path: string) => {
      for (const place of places.get(path) ?? []) {
        throwIfAborted(signal);
        this.#written(place, content);
        await localFs.write(place, content);
      }
    };
    await files.readMany(items, take, { signal, onProgress });
  }

  /** Records what undo will find: a file may have changed since the plan was made. */
  #written(target: string, content: Uint8Array): void {
    const entry = this.#entries.get(target);
    if (entry) this.#entries.set(target, { ...entry, after: sha256(content) });
  }

  #save(): Promise<void> {
    const isBoard = this.plan.mode !== 'pull';
    return this.options.undo.save({
      version: 1,
      board: this.options.board,
      mode: this.plan.mode,
      time: this.#time,
      entries: [...this.#entries.values()],
      madeDirs: isBoard ? this.#newDirs() : [],
      removedDirs: this.#deletions.filter((a) => a.type === 'dir').map((a) => a.path),
      renames: [...this.#renames, ...this.#writes].flatMap(({ path, was }) =>
        was === undefined ? [] : [{ from: was, to: path }],
      ),
    });
  }

  /** Returns the folders that the writes will create, the outermost first. */
  #newDirs(): string[] {
    const there = new Set(this.plan.boardDirs);
    const parents = new Set(this.#writes.flatMap((a) => parentsOf(a.path)));
    return [...parents].filter((dir) => !there.has(dir)).sort();
  }
}
