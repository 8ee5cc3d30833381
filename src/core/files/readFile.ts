import type { TransferOptions } from '../boardFiles';
import { concat } from '../bytes';
import { ProtocolError } from '../errors';
import type { Session } from '../transport';
import type { Capabilities } from './capabilities';
import { download } from './download';
import { linesOrError } from './fileErrors';
import { parseBytes } from './paths';
import { runVerb } from './snippets';
import { verbs } from './verbs';

/** Reads a file by the fastest way: binary blocks, base64 lines, or Python literals. @throws FileError */
export async function readFile(
  session: Session,
  path: string,
  can: Capabilities,
  options: TransferOptions,
): Promise<Uint8Array> {
  if (can.stdin && can.sha256 && can.binascii) {
    return download(session, path, can, options);
  }
  const part = can.heap >= 24_000 ? 768 : 96; // whole groups of base64
  const run = { signal: options.signal, form: can };
  const lines = await runVerb(session, verbs(can).read, () => [path, part], run);
  const parts = linesOrError(lines, path).map((line) => decoded(line, path));
  const content = concat(parts);
  options.onProgress?.(content.length, content.length, path);
  return content;
}

function decoded(line: string, path: string): Uint8Array {
  const bytes = line.startsWith('b') && /^b['"]/.test(line) ? parseBytes(line) : base64(line);
  if (!bytes) throw new ProtocolError(`The board's answer with ${path} makes no sense`);
  return bytes;
}

function base64(line: string): Uint8Array | undefined {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(line) ? Buffer.from(line, 'base64') : undefined;
}
