import * as l10n from '@vscode/l10n';
import { randomBytes } from 'node:crypto';
import webreplGet from '../../../board/snippets/webreplGet.py';
import type { Clock } from '../../core/async';
import type { BoardFiles, TransferOptions, WriteItem } from '../../core/boardFiles';
import { concat, utf8 } from '../../core/bytes';
import { ProtocolError } from '../../core/errors';
import {
  boardPath,
  checkWritable,
  linesOrError,
  probeCapabilities,
  runVerb,
  verbs,
  writeFiles,
} from '../../core/files';
import { sha256Bytes } from '../../core/hash';
import type { Capabilities } from '../../core/capabilities';
import type { Session } from '../../core/transport';
import { maxNameBytes } from '../../core/webrepl/webreplProtocol';
import { Uploads } from './uploads';
import type { WebReplStream } from './webReplStream';

/**
 * For fewer bytes than this, the code around a put is longer than the file, so the file is sent
 * inside code.
 */
const SMALL_BYTES = 2048;
const MARK_BYTES = 8;

/** Reads and writes files with WebREPL's own requests, verified like all others. */
export class WebReplFiles {
  #can: Promise<Capabilities> | undefined;
  readonly #uploads: Uploads;

  constructor(
    private readonly stream: WebReplStream,
    clock: Clock,
  ) {
    this.#uploads = new Uploads(stream, clock);
  }

  /** Forgets cached facts after other activity on the board. */
  forget(): void {
    this.#uploads.forget();
  }

  /** Extends `session` with its own {@link BoardFiles}. */
  over(session: Session): Session {
    const native: Partial<BoardFiles> = {
      read: (path, options = {}) => this.#read(session, boardPath(path), options),
      write: (path, content, options = {}) => this.#writeAll(session, [{ path, content }], options),
      writeMany: (items, options = {}) => this.#writeAll(session, items, options),
    };
    return {
      exec: (code, options) => {
        this.forget();
        return session.exec(code, options);
      },
      native,
      capabilities: (signal) => this.#capabilities(session, signal),
    };
  }

  async #capabilities(session: Session, signal?: AbortSignal): Promise<Capabilities> {
    this.#can ??= probeCapabilities(session, signal);
    try {
      return await this.#can;
    } catch (error) {
      this.#can = undefined;
      throw error;
    }
  }

  async #read(session: Session, path: string, options: TransferOptions): Promise<Uint8Array> {
    const can = await this.#capabilities(session, options.signal);
    const mark = Uint8Array.from([0, ...randomBytes(MARK_BYTES - 1)]);
    const block = can.heap >= 48_000 ? 4096 : 512;
    let parts: Uint8Array[] = [];
    let done = 0;
    const watch = this.stream.onMarked(mark, (part) => {
      parts.push(part);
      done += part.length;
      options.onProgress?.(done, done, path);
    });
    try {
      const code = [...verbs(can).hash.slice(0, 1), webreplGet];
      const args = () => {
        parts = [];
        done = 0;
        return [path, mark, block];
      };
      const lines = await runVerb(session, code, args, { signal: options.signal, form: can });
      const said = linesOrError(lines, path).join('\n');
      const content = concat(parts);
      const [, size, sum] = /^size (\d+)\nsum (\S+)$/.exec(said) ?? [];
      if (Number(size) !== content.length || sum !== base64(sha256Bytes(content))) {
        throw new ProtocolError(l10n.t('{0} does not match the file on the board', path));
      }
      return content;
    } finally {
      watch.dispose();
    }
  }

  async #writeAll(
    session: Session,
    items: readonly WriteItem[],
    options: TransferOptions,
  ): Promise<void> {
    for (const item of items) checkWritable(boardPath(item.path));
    const can = await this.#capabilities(session, options.signal);
    // A frame of the streaming receiver is longer than WebREPL's ring buffer, so never use it here.
    const pieces = { ...can, stdin: false };
    const { signal } = options;
    const progress = new Progress(items, options);
    try {
      for (const item of items) {
        const path = boardPath(item.path);
        const content = typeof item.content === 'function' ? await item.content() : item.content;
        const onProgress = (bytes: number) => progress.at(path, bytes, content.length);
        const put =
          content.length >= SMALL_BYTES &&
          nameBytes(path) <= maxNameBytes &&
          (await this.#uploads.put(session, can, path, content, { signal, onProgress }));
        if (!put) {
          await writeFiles(session, [{ path, content }], pieces, { signal });
          this.#uploads.took(content.length);
        }
        progress.finish(path, content.length);
      }
    } finally {
      await this.#uploads.end(session, can);
    }
  }
}

/** Returns the length in bytes of the shortest name under which the temporary file can be put. */
function nameBytes(path: string): number {
  return utf8(`${path.slice(path.lastIndexOf('/') + 1)}.mpf00000000~`).length;
}

/** Counts the bytes on the board, out of all that are known. */
class Progress {
  #before = 0;
  readonly #known: number;

  constructor(
    items: readonly WriteItem[],
    private readonly options: TransferOptions,
  ) {
    this.#known = items.reduce(
      (sum, { content }) => sum + (typeof content === 'function' ? 0 : content.length),
      0,
    );
  }

  at(path: string, bytes: number, size: number): void {
    const total = Math.max(this.#known, this.#before + size);
    this.options.onProgress?.(this.#before + bytes, total, path);
  }

  finish(path: string, size: number): void {
    this.at(path, size, size);
    this.#before += size;
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
