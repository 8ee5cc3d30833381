import type { BoardFiles, WriteItem } from '../boardFiles';
import { startLines } from './agentStartLines';
import { text, utf8 } from '../bytes';
import { FileError } from '../errors';
import { withContent } from './content';

/** The file that a board runs at start. The fleet agent adds lines to it that start the agent. */
export const MAIN_FILE = '/main.py';
/** The agent's folder, below the root of the board's files. */
export const AGENT_FOLDER = '/mpyfleet';
/** Roots that firmware starts from. Such boards mount nothing else at the root. */
const HOME = '^((?:/(?:flash|sd))?)';
const STARTED = new RegExp(`${HOME}/(?:boot|main)\\.py$`);
const AGENT = new RegExp(`${HOME}${AGENT_FOLDER}(?:/|$)`);

/** Matches hand-written start lines, which have no marks. */
const OWN = /\bmpyfleet\b/;

/** Returns whether a board runs this file at start. */
export function isStartFile(path: string): boolean {
  return STARTED.test(path);
}

/** Returns whether this is the start file that contains the agent's lines. */
export function isMainFile(path: string): boolean {
  return isStartFile(path) && path.endsWith(MAIN_FILE);
}

/** Returns the folder of the agent that this start file starts, if the board has the agent. */
export function agentFolderOf(startFile: string): string {
  return `${STARTED.exec(startFile)?.[1] ?? ''}${AGENT_FOLDER}`;
}

/**
 * Returns whether the agent depends on `path`: without it, the board does not reconnect after a restart.
 */
export function belongsToAgent(path: string): boolean {
  return isMainFile(path) || AGENT.test(path);
}

/** Files that boards run at start, on any file system. */
const RUN_AT_START = /^(\/[^/]+)?\/(boot|code|main)\.m?py$/i;

/**
 * Sorts start files last, so that an interrupted transfer never leaves one without the modules it
 * imports.
 */
export function startFilesLast(a: { path: string }, b: { path: string }): number {
  return Number(RUN_AT_START.test(a.path)) - Number(RUN_AT_START.test(b.path));
}

/** The agent's lines of a start file, and where they were. */
export interface Split {
  readonly lines: string;
  /** The lines came before everything else. */
  readonly first: boolean;
}

/** Splits the agent's lines from a start file, keeping their position. */
export function splitStartLines(source: string): Split {
  const block = startLines(source);
  if (block !== '') return { lines: block, first: source.trimStart().startsWith(block) };
  const all = source.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const lines = all.filter((line) => OWN.test(line));
  return { lines: lines.join(''), first: lines.length > 0 && all[0] === lines[0] };
}

/** Puts the agent's lines back at their position, unless `source` has its own. */
export function mergeStartLines(source: string, { lines, first }: Split): string {
  if (lines === '' || splitStartLines(source).lines !== '') return source;
  if (first) return (lines.endsWith('\n') ? lines : `${lines}\n`) + source;
  return source + (source === '' || source.endsWith('\n') ? '' : '\n') + lines;
}

/** Returns `items` with the content that {@link keepStartLines} gives the start files among them. */
export async function withStartLinesKept(
  items: readonly WriteItem[],
  files: BoardFiles,
  signal?: AbortSignal,
): Promise<WriteItem[]> {
  const all: WriteItem[] = [];
  for (const item of items) {
    if (!isStartFile(item.path)) all.push(item);
    else {
      const { path, content } = await withContent(item);
      all.push({ path, content: await keepStartLines(path, content, files, signal) });
    }
  }
  return all;
}

/**
 * Returns the content to write over a start file: without the lines that start the agent, a remote
 * board would be lost at its next restart. Other files, and all files of boards without the agent,
 * are unchanged.
 */
export async function keepStartLines(
  path: string,
  content: Uint8Array,
  files: BoardFiles,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  if (!isStartFile(path)) return content;
  const own = text(content);
  if (splitStartLines(own).lines !== '') return content;
  try {
    await files.stat(agentFolderOf(path), signal);
    const merged = mergeStartLines(own, splitStartLines(text(await files.read(path, { signal }))));
    return merged === own ? content : utf8(merged);
  } catch (error) {
    if (error instanceof FileError && /^(ENOENT|ENODEV|EPERM)$/.test(error.errno)) return content;
    throw error;
  }
}
