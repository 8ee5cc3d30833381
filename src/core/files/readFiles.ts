import * as l10n from '@vscode/l10n';
import { throwIfAborted } from '../async';
import type { ReadItem, TakeFile, TransferOptions } from '../boardFiles';
import { concat, text } from '../bytes';
import { ProtocolError, PythonError } from '../errors';
import type { Session } from '../transport';
import type { Capabilities } from '../capabilities';
import { download } from './download';
import { pyRepr } from '../python/python';
import { fileError, linesOrError } from './fileErrors';
import { parseBytes } from './paths';
import { ReadProgress } from './readProgress';
import { eachPortion, outOfMemory, portions } from './portions';
import { runVerb } from './snippets';
import { verbs } from './verbs';

/** Bytes per stream: large enough that a round trip is negligible, small enough to arrive soon. */
const STREAM_BYTES = 128 * 1024;
const STREAM_FILES = 32;
const FEW_FILES = 8;
/** Heap, in bytes, needed for the list, sizes and hashes of a long stream. */
const LONG_LIST_HEAP = 48_000;

/**
 * Reads files by the fastest method: binary blocks of many files in one stream, or one by one as
 * base64 lines or Python literals.
 * @throws FileError for the first that cannot be read
 */
export async function readFiles(
  session: Session,
  items: readonly ReadItem[],
  can: Capabilities,
  take: TakeFile,
  options: TransferOptions,
): Promise<void> {
  const progress = new ReadProgress(items, options);
  const streams = can.stdin && can.sha256 && can.binascii;
  const most = streams ? (can.heap < LONG_LIST_HEAP ? FEW_FILES : STREAM_FILES) : 1;
  const lists = portions(items, (item) => item.path.length, can.heap);
  await eachPortion(
    lists.flatMap((list) => parts(list, most)),
    (part) => {
      throwIfAborted(options.signal);
      const paths = part.map((item) => item.path);
      return streams
        ? streamed(session, paths, can, progress, options)
        : Promise.all(paths.map((path) => readLines(session, path, can, options)));
    },
    async (contents, part) => {
      let bytes = 0;
      for (const content of contents) bytes += content instanceof Error ? 0 : content.length;
      progress.finish(part.at(-1)?.path ?? '/', bytes);
      for (const [i, content] of contents.entries()) {
        if (content instanceof Error) throw content;
        await take(content, part[i]?.path ?? '/');
      }
    },
  );
}

/** Reads in one stream; a single file for whose sender the heap is too small comes as lines. */
async function streamed(
  session: Session,
  paths: readonly string[],
  can: Capabilities,
  progress: ReadProgress,
  options: TransferOptions,
): Promise<(Uint8Array | Error)[]> {
  const [only, ...others] = paths;
  try {
    return await download(session, paths, can, {
      signal: options.signal,
      onProgress: (done, total, path) => progress.at(done, total, path),
    });
  } catch (error) {
    if (!outOfMemory(error) || only === undefined || others.length > 0) throw error;
    return [await readLines(session, only, can, options)];
  }
}

/** Reads one file. @throws FileError */
export async function readFile(
  session: Session,
  path: string,
  can: Capabilities,
  options: TransferOptions,
): Promise<Uint8Array> {
  let found: Uint8Array = new Uint8Array();
  await readFiles(session, [{ path }], can, (content) => void (found = content), options);
  return found;
}

/** Splits `items` into runs of at most `most` files and, if sizes are known, STREAM_BYTES. */
function parts(items: readonly ReadItem[], most: number): ReadItem[][] {
  const all: ReadItem[][] = [];
  let bytes = 0;
  for (const item of items) {
    const last = all.at(-1);
    bytes += item.size ?? 0;
    if (last && last.length < most && bytes <= STREAM_BYTES) last.push(item);
    else {
      all.push([item]);
      bytes = item.size ?? 0;
    }
  }
  return all;
}

async function readLines(
  session: Session,
  path: string,
  can: Capabilities,
  options: TransferOptions,
): Promise<Uint8Array> {
  if (!can.binascii && !can.stat) return readBare(session, path, options);
  const part = can.heap >= 24_000 ? 768 : 96; // whole base64 groups
  const run = { signal: options.signal, form: can };
  const lines = await runVerb(session, verbs(can).read, () => [path, part], run);
  return concat(linesOrError(lines, path).map((line) => decoded(line, path)));
}

/**
 * Uses statements without a function: the micro:bit's stack is too small for more. It has no
 * folders, so names contain no slash.
 */
async function readBare(
  session: Session,
  path: string,
  { signal }: TransferOptions,
): Promise<Uint8Array> {
  const loop = 'while 1:\n  mpf=f.read(64)\n  if not mpf:break\n  print(mpf)';
  const code = `f=open(${pyRepr(path.replace(/^\//, ''))},'rb')\ntry:\n ${loop}\nfinally:\n f.close()\n del f`;
  try {
    const lines = text(await session.exec(code, { signal })).split('\r\n');
    return concat(lines.filter((line) => line !== '').map((line) => decoded(line, path)));
  } catch (error) {
    if (!(error instanceof PythonError) || error.type !== 'OSError') throw error;
    throw fileError(error.detail, path, error);
  }
}

function decoded(line: string, path: string): Uint8Array {
  const bytes = line.startsWith('b') && /^b['"]/.test(line) ? parseBytes(line) : base64(line);
  if (!bytes) throw new ProtocolError(l10n.t("The board's answer with {0} is invalid", path));
  return bytes;
}

function base64(line: string): Uint8Array | undefined {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(line) ? Buffer.from(line, 'base64') : undefined;
}
