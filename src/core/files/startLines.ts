import type { BoardFiles } from '../boardFiles';
import { startLines } from '../agent/agentStartLines';
import { text, utf8 } from '../bytes';
import { FileError } from '../errors';

/** The files that a board runs by itself; the fleet agent adds the lines to one of them that start it. */
export const MAIN_FILE = '/main.py';
const STARTED = ['/boot.py', MAIN_FILE];
/** Where the agent is. */
export const AGENT_FOLDER = '/mpyfleet';

/** Lines of a hand-made start, without the marks. */
const OWN = /\bmpyfleet\b/;

/** Whether a board runs that file by itself. */
export function isStartFile(path: string): boolean {
  return STARTED.includes(path);
}

export interface Split {
  readonly lines: string;
  /** The lines stood before everything else. */
  readonly first: boolean;
}

/** The agent's lines of a start file, as they stand there. */
export function splitStartLines(source: string): Split {
  const block = startLines(source);
  if (block !== '') return { lines: block, first: source.trimStart().startsWith(block) };
  const all = source.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const lines = all.filter((line) => OWN.test(line));
  return { lines: lines.join(''), first: lines.length > 0 && all[0] === lines[0] };
}

/** `source` with the agent's lines put back where they stood, unless it brings lines of its own. */
export function mergeStartLines(source: string, { lines, first }: Split): string {
  if (lines === '' || splitStartLines(source).lines !== '') return source;
  if (first) return (lines.endsWith('\n') ? lines : `${lines}\n`) + source;
  return source + (source === '' || source.endsWith('\n') ? '' : '\n') + lines;
}

/**
 * What is to be written over a start file: without the lines that start the agent, a board far away would be gone with
 * its next restart. Other files, and all files of a board without the agent, stay as they are.
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
    await files.stat(AGENT_FOLDER, signal);
    const merged = mergeStartLines(own, splitStartLines(text(await files.read(path, { signal }))));
    return merged === own ? content : utf8(merged);
  } catch (error) {
    if (error instanceof FileError && error.errno === 'ENOENT') return content;
    throw error;
  }
}
