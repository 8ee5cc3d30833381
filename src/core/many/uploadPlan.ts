import type { Board } from '../board';
import type { BoardFiles, TransferOptions, WriteItem } from '../boardFiles';
import { inHome } from '../files';
import { compiledPath, removeSources } from '../packages';
import type { Kept } from '../sync';

/** A file to put on boards. */
export interface PlannedFile extends WriteItem {
  /** Absolute path on the boards; on a board that keeps its files in /flash, below that. */
  readonly path: string;
  /** The file's URI on this computer, for links from tracebacks and compiler messages. */
  readonly local?: string;
}

/** What to put on boards, the same for one board and for many. */
export interface UploadPlan<File extends PlannedFile = PlannedFile> {
  readonly files: readonly File[];
  /** Folders without files, which must be created separately. */
  readonly emptyFolders?: readonly string[];
}

/** Services of the window, or of `mpyfleet watch`, that an upload needs. */
export interface UploadServices<B = Board> {
  /** Whether source is compiled before the upload, so that content can differ between boards. */
  readonly compiles: boolean;
  /** Returns the compiler for `board`; undefined: its files are sent unchanged. */
  compiler(board: B, signal: AbortSignal): Promise<Compile | undefined>;
  /**
   * Writes the files of one board and keeps copies of what they replace.
   * @returns the number of replaced files
   */
  replace?(
    board: B,
    items: readonly WriteItem[],
    options: Pick<TransferOptions, 'signal' | 'onProgress'>,
  ): Promise<number>;
  /** Keeps copies of what `items` will replace on a board, and compares them with its files; the caller writes. */
  readonly keep?: (board: B, items: readonly WriteItem[], signal: AbortSignal) => Promise<Kept>;
  /** Called when the files are on the boards. */
  uploaded(boards: readonly B[], files: readonly PlannedFile[]): Promise<void>;
}

type Compile = (
  path: string,
  content: Uint8Array,
  local: string | undefined,
) => Promise<{ readonly path: string; readonly content: Uint8Array }>;

/** A plan adapted to one board. */
export interface BoardUpload {
  readonly items: readonly WriteItem[];
  /**
   * Source files that were compiled. An older copy on the board would be imported instead of the
   * .mpy, so it must be deleted.
   */
  readonly sources: readonly string[];
  readonly emptyFolders: readonly string[];
  /** The plan's files with their paths on this board. */
  readonly files: readonly PlannedFile[];
}

/**
 * Adapts `plan` to `board`: moves paths below its home folder, and compiles if the user wants that.
 * Finishes before anything is sent.
 */
export async function planFor<B extends { readonly files: BoardFiles }>(
  board: B,
  { files, emptyFolders = [] }: UploadPlan,
  services: UploadServices<B> | undefined,
  signal: AbortSignal,
): Promise<BoardUpload> {
  const wanted = [...files.map((file) => file.path), ...emptyFolders];
  const paths = await inHome(board.files, wanted, signal);
  const placed = files.map((file, i) => ({ ...file, path: paths[i] ?? file.path }));
  const compile = await services?.compiler(board, signal);
  const items: WriteItem[] = [];
  const sources: string[] = [];
  for (const { path, content, local } of placed) {
    if (!compile || compiledPath(path) === undefined) {
      items.push({ path, content });
      continue;
    }
    const source = typeof content === 'function' ? await content() : content;
    const made = await compile(path, source, local);
    items.push(made);
    if (made.path !== path) sources.push(path);
  }
  return { items, sources, emptyFolders: paths.slice(files.length), files: placed };
}

/** Applies a plan to `board`; `write` writes the files. @throws any error of the board's verbs */
export async function applyUpload<B extends { readonly files: BoardFiles }>(
  board: B,
  { items, sources, emptyFolders, files }: BoardUpload,
  services: UploadServices<B> | undefined,
  signal: AbortSignal,
  write: (items: readonly WriteItem[]) => Promise<void>,
): Promise<void> {
  for (const folder of emptyFolders) await board.files.mkdir(folder, { parents: true, signal });
  await write(items);
  await removeSources(board.files, sources, signal);
  await services?.uploaded([board], files);
}
