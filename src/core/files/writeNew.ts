import newFiles from '../../../board/snippets/newFiles.py';
import { throwIfAborted } from '../async';
import type { FoundFile, NewFiles, TransferOptions, WriteItem } from '../boardFiles';
import { sha256, sha256Bytes } from '../hash';
import { concat } from '../bytes';
import { pyRepr } from '../python/python';
import type { Session } from '../transport';
import { storeError } from './fileErrors';
import { hexSum } from './listing';
import type { LinkFacts } from './linkFacts';
import { boardPath, checkWritable } from './paths';
import { presumedCapabilities } from './probeCapabilities';
import { Answer, isPacked, literal, minify, SILENCE_MS, wireForm } from './snippets';
import { startFilesLast } from './startLines';
import { lacksSupport } from './unasked';

/** Code up to this many bytes is sent in less time than the question and the receiver of a stream, which come before any content. */
const MOST_BYTES = 3200;
/** The line of newFiles.py for a path without a file. */
const MISSING = '-';
/** Starts the line of a folder that it has made. */
const MADE = '+ ';

/** A file whose content is in memory. */
type Loaded = WriteItem & { readonly content: Uint8Array };

/**
 * Writes small files in one round trip if nothing is at their paths; otherwise writes none and returns what is there.
 * @param facts what is known about the board; unknown: what most boards can do
 * @returns undefined: there is too much to write, or the board cannot do it, or the line damaged the code or the answer. Files
 * may be written in the last case; each of them is whole
 * @throws FileError naming the file that cannot be written; none was written then
 */
export async function writeNew(
  session: Session,
  items: readonly WriteItem[],
  facts: LinkFacts,
  { signal, onProgress }: TransferOptions,
): Promise<NewFiles | undefined> {
  const paths = items.map(({ path }) => boardPath(path));
  for (const path of paths) checkWritable(path);
  // On FAT, two names may be those of one file.
  if (new Set(paths.map((path) => path.toLowerCase())).size < items.length) return undefined;
  const can = await (facts.capabilities ?? presumedCapabilities(session));
  if (facts.isOlder) return undefined;
  if (!can.sha256 || !can.rename || !can.statvfs || !can.ilistdir) return undefined;
  const files = loaded([...items].sort(startFilesLast), can.heap / 8);
  if (files.length === 0) return undefined;
  const code = `${minify(newFiles)}\nrun((${files.map(tuple).join('')}))\n`;
  if (!isPacked(code, can)) return undefined;
  const form = wireForm(code, can);
  if (form.length > MOST_BYTES) return undefined;
  const answer = new Answer(true);
  try {
    const onStdout = (chunk: Uint8Array) => answer.feed(chunk);
    await session.exec(form, { signal, idleTimeoutMs: SILENCE_MS, pasteOnly: true, onStdout });
  } catch (error) {
    throwIfAborted(signal);
    if (!lacksSupport(error)) throw error;
    facts.isOlder = true;
    return undefined;
  }
  if (!answer.whole) return undefined;
  const failed = storeError(answer.lines, (index) => boardPath(files[index]?.path ?? ''));
  const there = found(answer.lines, files);
  if (failed && !there) throw failed; // it came before the first file was written
  if (!there) return undefined;
  const isNew = [...there.values()].every((file) => file === undefined);
  const count = failed
    ? files.findIndex(({ path }) => boardPath(path) === failed.path)
    : files.length;
  const written = isNew ? files.slice(0, count) : [];
  const size = (some: readonly Loaded[]) => some.reduce((sum, f) => sum + f.content.length, 0);
  const last = written.at(-1);
  if (last) onProgress?.(size(written), size(files), last.path);
  return {
    there: items.map(({ path }) => there.get(path)),
    written: new Set(written.map(({ path }) => path)),
    madeDirs: answer.lines.filter((l) => l.startsWith(MADE)).map((l) => l.slice(MADE.length)),
    ...(failed && { failed }),
  };
}

/** Returns `items` if their content is in memory and has at most `most` bytes; otherwise nothing. */
function loaded(items: readonly WriteItem[], most: number): Loaded[] {
  const files: Loaded[] = [];
  let size = 0;
  for (const { path, content } of items) {
    if (typeof content === 'function') return [];
    size += content.length;
    files.push({ path, content });
  }
  return size > most ? [] : files;
}

/** Returns a file as the code of a tuple. Text is shorter as a literal, because all code is compressed. */
function tuple({ path, content }: Loaded): string {
  const plain = pyRepr(content);
  const data =
    plain.length < content.length * 1.4
      ? plain
      : `a2b_base64('${Buffer.from(content).toString('base64')}')`;
  return `(${literal(boardPath(path))},${content.length},${literal(sha256Bytes(content))},${data}),`;
}

/**
 * Parses the lines in which newFiles.py says what is at the path of each file. Returns undefined if it has not said that of all
 * files.
 */
function found(
  lines: readonly string[],
  files: readonly Loaded[],
): ReadonlyMap<string, FoundFile | undefined> | undefined {
  const all: ({ sum: string; parts: Uint8Array[] } | undefined)[] = [];
  for (const line of lines) {
    if (line.startsWith(MADE) || line.startsWith('! ')) continue;
    if (line.startsWith(': ')) all.at(-1)?.parts.push(Buffer.from(line.slice(2), 'base64'));
    else {
      const sum = line === MISSING ? undefined : hexSum(line);
      if (sum === undefined && line !== MISSING) return undefined;
      all.push(sum === undefined ? undefined : { sum, parts: [] });
    }
  }
  if (all.length !== files.length) return undefined;
  return new Map(files.map(({ path }, i) => [path, fileOf(all[i])]));
}

function fileOf(
  one: { readonly sum: string; readonly parts: readonly Uint8Array[] } | undefined,
): FoundFile | undefined {
  if (!one) return undefined;
  const content = concat(one.parts);
  return { sha256: one.sum, ...(sha256(content) === one.sum && { content }) };
}
