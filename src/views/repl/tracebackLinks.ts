import * as vscode from 'vscode';
import { appFileOf, MANIFEST, parseManifest } from '../../core/apps';
import { isMainFile, START_LINES, startLines } from '../../core/files';
import type { Board } from '../../core/board';
import { text } from '../../core/bytes';
import { UsageError } from '../../core/errors';
import { OPEN_SOURCE } from '../apps/messagesPage';
import type { Needs } from '../context';
import { childOf, hasAgent, nameOf } from '../tree';

/** The services that most functions here use. */
type Services = Needs<'uris' | 'origins' | 'runs'>;

/** `  File "lib/a.py", line 3, in f`, as MicroPython prints it. It is never translated. */
const FRAME = /File "([^"]{1,300})", line (\d{1,7})/g;

class FrameLink extends vscode.TerminalLink {
  constructor(
    match: { readonly index: number; readonly length: number },
    readonly board: Board,
    readonly file: string,
    readonly line: number,
  ) {
    super(match.index, match.length, vscode.l10n.t('Open Source'));
  }
}

/**
 * Links traceback lines in a board's terminal to the local file that was uploaded, or else to the
 * board's file.
 */
export function registerTracebackLinks(
  context: Needs<'fleet' | 'uris' | 'origins' | 'terminals' | 'runs'>,
): vscode.Disposable {
  const links = vscode.window.registerTerminalLinkProvider({
    provideTerminalLinks({ terminal, line }): FrameLink[] {
      const board = context.terminals.boardOf(terminal);
      return board ? framesIn(line, board) : [];
    },
    handleTerminalLink: ({ board, file, line }: FrameLink) =>
      openSource(context, board, file, line),
  });
  const command = vscode.commands.registerCommand(
    // A link on the page "Messages": the board's unique id, the file on the board, and the line,
    // counted from 1.
    OPEN_SOURCE,
    async (uid: unknown, file: unknown, line: unknown) => {
      const board = typeof uid === 'string' ? context.fleet.byUid(uid) : undefined;
      if (board) await openSource(context, board, String(file), Number(line));
    },
  );
  return vscode.Disposable.from(links, command);
}

function framesIn(line: string, board: Board): FrameLink[] {
  return [...line.matchAll(FRAME)].map(
    (match) =>
      new FrameLink(
        { index: match.index, length: match[0].length },
        board,
        match[1] ?? '',
        Number(match[2]),
      ),
  );
}

/** Opens the file in a line of a board's traceback at that line, counted from 1. */
export async function openSource(
  context: Services,
  board: Board,
  file: string,
  line: number,
): Promise<void> {
  const place = await sourceOf(context, board, file, line);
  if (!place) return;
  const at = new vscode.Position(Math.max(0, place.line), 0);
  await vscode.window.showTextDocument(place.uri, { selection: new vscode.Range(at, at) });
}

/**
 * Returns the source of a traceback's file. Code that was sent has no file name, so it is the code
 * that ran last.
 */
export async function sourceOf(
  context: Services,
  board: Board,
  file: string,
  line: number,
): Promise<{ uri: vscode.Uri; line: number } | undefined> {
  if (file === '<stdin>') {
    const source = context.runs.sourceOf(board);
    return source && { uri: source.uri, line: source.line + line - 1 };
  }
  const path = file.startsWith('/') ? file : childOf('/', file);
  const local =
    context.origins.get(board, path) ?? (await inApp(path)) ?? (await inWorkspace(file));
  if (!local) return { uri: context.uris.toUri(board, path), line: line - 1 };
  return { uri: local, line: Math.max(0, line - 1 - (await linesAdded(board, path, local))) };
}

/**
 * Counts the lines before the program that start the agent. Only the file on the board contains
 * them.
 */
async function linesAdded(board: Board, path: string, local: vscode.Uri): Promise<number> {
  if (!hasAgent(board) || !isMainFile(path)) return 0;
  const own = text(await vscode.workspace.fs.readFile(local));
  return startLines(own) === '' ? START_LINES : 0;
}

/**
 * Returns the file in the workspace of an app that a board runs from the folder of this version.
 */
async function inApp(path: string): Promise<vscode.Uri | undefined> {
  const file = appFileOf(path);
  if (!file) return undefined;
  const manifests = await vscode.workspace.findFiles(`**/${MANIFEST}`, '**/node_modules/**', MOST);
  for (const manifest of manifests) {
    try {
      const { name } = parseManifest(await vscode.workspace.fs.readFile(manifest));
      if (name !== file.app) continue;
      const local = vscode.Uri.joinPath(manifest, '..', file.path);
      if ((await vscode.workspace.fs.stat(local)).type === vscode.FileType.File) return local;
    } catch (error) {
      // An app.json of another kind, or an app without this file. Another folder may contain it.
      if (!(error instanceof UsageError) && !(error instanceof vscode.FileSystemError)) throw error;
    }
  }
  return undefined;
}

/** Returns the only file of the workspace whose path ends like the board's. */
async function inWorkspace(file: string): Promise<vscode.Uri | undefined> {
  if (/[*?{}[\]]/.test(file)) return undefined;
  const found = await vscode.workspace.findFiles(`**/${nameOf(file)}`, undefined, MOST);
  const ending = childOf('/', file.replace(/^\//, ''));
  const fitting = found.filter((uri) => uri.scheme === 'file' && uri.path.endsWith(ending));
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** Number of files with the same name checked in a workspace. */
const MOST = 50;
