import type { TransferOptions, WriteItem } from '../boardFiles';
import type { Session } from '../transport';
import type { Capabilities } from '../capabilities';
import { sha256Bytes } from '../hash';
import { deflated, windowBitsFor } from './content';
import { storeError } from './fileErrors';
import { runVerb, type Argument } from './snippets';
import { verbs, type Verb } from './verbs';

/**
 * Content up to this many bytes is sent inside the code that stores it, which is shorter than the
 * code that receives a stream.
 */
const SMALL = 1500;

/**
 * Writes one small file in one piece of code; returns false if there is not exactly one small file.
 * @throws FileError
 */
export async function writeSmall(
  session: Session,
  items: readonly WriteItem[],
  can: Capabilities,
  options: TransferOptions,
): Promise<boolean> {
  const [item] = items;
  if (!item || items.length > 1 || typeof item.content === 'function' || !can.rename) return false;
  if (item.content.length > Math.min(4 * SMALL, can.heap / 8)) return false;
  const packed = await deflated(item.content, can.deflate ? windowBitsFor(can.heap) : 0);
  const data = packed?.data ?? item.content;
  if (data.length > SMALL) return false;
  await put(session, item.path, item.content, data, packed?.windowBits ?? 0, can, options);
  options.onProgress?.(item.content.length, item.content.length, item.path);
  return true;
}

/**
 * Writes a file in pieces of code, for links on which running code cannot receive input. Always
 * returns true.
 * @throws FileError
 */
export async function writePieces(
  session: Session,
  path: string,
  content: Uint8Array,
  can: Capabilities,
  options: TransferOptions,
): Promise<true> {
  const size = Math.max(256, Math.min(8192, Math.floor(can.heap / 16)));
  try {
    await put(session, path, content, content.subarray(0, size), 0, can, options);
    for (let at = size; at < content.length; at += size) {
      options.onProgress?.(at, content.length, path);
      const piece = base64(content.subarray(at, at + size));
      await store(session, 'append', [at, piece], path, can, options);
    }
    options.onProgress?.(content.length, content.length, path);
    return true;
  } finally {
    // Without the caller's signal, because leftovers of a cancelled upload must be removed. A lost
    // link reports itself.
    if (content.length > size) await runVerb(session, verbs(can).end, () => [], { form: can });
  }
}

async function put(
  session: Session,
  path: string,
  content: Uint8Array,
  data: Uint8Array,
  windowBits: number,
  can: Capabilities,
  options: TransferOptions,
): Promise<void> {
  const args = [path, content.length, sha256Bytes(content), base64(data), windowBits];
  await store(session, 'put', args, path, can, options);
}

async function store(
  session: Session,
  verb: Verb,
  args: readonly Argument[],
  path: string,
  can: Capabilities,
  { signal }: TransferOptions,
): Promise<void> {
  const lines = await runVerb(session, verbs(can)[verb], () => args, { signal, form: can });
  const error = storeError(lines, () => path);
  if (error) throw error;
}

function base64(data: Uint8Array): string {
  return Buffer.from(data).toString('base64');
}
