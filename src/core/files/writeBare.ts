import type { TransferOptions } from '../boardFiles';
import { PythonError } from '../errors';
import { pyRepr } from '../python/python';
import type { Session } from '../transport';
import type { Capabilities } from '../capabilities';
import { sha256 } from '../hash';
import { fileError, linesOrError, noSpace } from './fileErrors';
import { hexSum } from './listing';
import { readFile } from './readFiles';
import { isDamage, isSame, runVerb, type Argument } from './snippets';
import { verbs, type Verb } from './verbs';
import { isMissing } from './ifThere';

const ATTEMPTS = 3;

/**
 * Writes a file as literals in single statements: for boards with very little memory (the micro:bit
 * has 9 kB of heap), or without hashlib, binascii or rename. The result is compared by hash or read
 * back. Without rename, the file itself is overwritten, and restored if that fails.
 * @throws FileError
 */
export async function writeBare(
  session: Session,
  path: string,
  content: Uint8Array,
  can: Capabilities,
  options: TransferOptions,
): Promise<void> {
  const name = can.stat ? path : path.slice(1); // a board without stat has no folders, so names contain no slash
  const digest = sha256(content);
  const target = can.rename ? `${name}.mpf${digest.slice(0, 8)}~` : name;
  await prepare(session, path, content.length, can, options);
  const before = can.rename ? undefined : await readOr(session, name, can, options);
  try {
    await again(async () => {
      await writeLiterals(session, target, content, can, options);
      await compare(session, target, content, digest, can, options);
    });
    if (can.rename) await session.exec(replaceCode(target, name), options);
  } catch (error) {
    if (before) await writeLiterals(session, name, before, can, {});
    else await session.exec(removeCode(target));
    throw asFileError(error, path);
  }
  options.onProgress?.(content.length, content.length, path);
}

/**
 * Repeats the work after an error: such a board receives without flow control, and a lost byte may
 * cause any error.
 */
async function again(work: () => Promise<void>): Promise<void> {
  let previous: unknown;
  for (let attempt = 1; ; attempt++) {
    try {
      await work();
      return;
    } catch (error) {
      if (attempt === ATTEMPTS || !isDamage(error) || isSame(error, previous)) throw error;
      previous = error;
    }
  }
}

async function prepare(
  session: Session,
  path: string,
  size: number,
  can: Capabilities,
  { signal }: TransferOptions,
): Promise<void> {
  if (!can.stat) return;
  const run = async (verb: Verb, args: readonly Argument[]) =>
    runVerb(session, verbs(can)[verb], () => args, { signal, form: can });
  const folder = path.slice(0, path.lastIndexOf('/'));
  if (folder !== '') linesOrError(await run('mkdir', [folder, true, true]), folder);
  const [what] = await run('stat', [path]);
  if (what?.startsWith('d')) throw fileError('EISDIR', path);
  if (!can.statvfs) return;
  const [space] = linesOrError(await run('space', [folder || '/']), path);
  const free = Number(/^\d+ (\d+)$/.exec(space ?? '')?.[1] ?? Infinity);
  if (size > free) throw noSpace(path, size, free);
}

async function compare(
  session: Session,
  target: string,
  content: Uint8Array,
  digest: string,
  can: Capabilities,
  { signal }: TransferOptions,
): Promise<void> {
  if (can.sha256 && can.binascii) {
    const run = { signal, form: can };
    const [line = '-'] = await runVerb(session, verbs(can).hash, () => [[target]], run);
    if (hexSum(line) !== digest) throw fileError('EIO', target);
  } else {
    const written = await readFile(session, target, can, { signal });
    if (Buffer.compare(written, content) !== 0) throw fileError('EIO', target);
  }
}

async function readOr(
  session: Session,
  name: string,
  can: Capabilities,
  { signal }: TransferOptions,
): Promise<Uint8Array | undefined> {
  try {
    return await readFile(session, name, can, { signal });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function writeLiterals(
  session: Session,
  path: string,
  content: Uint8Array,
  can: Capabilities,
  { signal, onProgress }: TransferOptions,
): Promise<void> {
  // A piece exists as literal, as code and as object, so it must fit into the heap several times.
  const size = Math.max(64, Math.min(1024, Math.floor(can.heap / 64)));
  await session.exec(`mpf=open(${pyRepr(path)},'wb')`, { signal });
  try {
    for (let at = 0; at < content.length; at += size) {
      await session.exec(`mpf.write(${pyRepr(content.subarray(at, at + size))})`, { signal });
      onProgress?.(Math.min(at + size, content.length), content.length, path);
    }
  } finally {
    await session.exec('mpf.close()\ndel mpf');
  }
}

function replaceCode(from: string, to: string): string {
  const target = pyRepr(to);
  const rename = `os.rename(${pyRepr(from)},${target})`;
  return `import os\ntry:\n ${rename}\nexcept OSError:\n os.remove(${target})\n ${rename}\ndel os`;
}

function removeCode(path: string): string {
  return `import os\ntry:\n os.remove(${pyRepr(path)})\nexcept OSError:\n pass\ndel os`;
}

/** Converts an exception of Python, which describes the problem here. */
function asFileError(error: unknown, path: string): unknown {
  if (!(error instanceof PythonError)) return error;
  if (error.type === 'MemoryError') return fileError('ENOMEM', path, error);
  return error.type === 'OSError' ? fileError(error.detail, path, error) : error;
}
