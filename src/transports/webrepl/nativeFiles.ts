import { randomBytes } from 'node:crypto';
import webreplGet from '../../../board/snippets/webreplGet.py';
import type { Clock } from '../../core/async';
import type { BoardFiles, TransferOptions, WriteItem } from '../../core/boardFiles';
import { concat, utf8 } from '../../core/bytes';
import { ProtocolError } from '../../core/errors';
import { probeCapabilities, type Capabilities } from '../../core/files/capabilities';
import { sha256 } from '../../core/files/content';
import { linesOrError } from '../../core/files/fileErrors';
import { boardPath, checkWritable } from '../../core/files/paths';
import { runVerb } from '../../core/files/snippets';
import { verbs } from '../../core/files/verbs';
import { writeFiles } from '../../core/files/writeFiles';
import type { Session } from '../../core/transport';
import { maxNameBytes } from '../../core/webrepl/webreplProtocol';
import { Uploads } from './uploads';
import type { WebReplStream } from './webReplStream';

/** Below this the code around a put is longer than the file: it goes as a piece of code. */
const SMALL_BYTES = 2048;
const MARK_BYTES = 8;

/** Reading and writing by WebREPL's own means, verified like all else. */
export class WebReplFiles {
  #can: Promise<Capabilities> | undefined;
  readonly #uploads: Uploads;

  constructor(
    private readonly stream: WebReplStream,
    clock: Clock,
  ) {
    this.#uploads = new Uploads(stream, clock);
  }

  /** Something else has happened on the board. */
  forget(): void {
    this.#uploads.forget();
  }

  /** `session` with {@link BoardFiles} of its own. */
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
      if (Number(size) !== content.length || sum !== base64(sha256(content))) {
        throw new ProtocolError(`${path} did not arrive as it is on the board`);
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
    // A frame of the streaming receiver is longer than the ring buffer that WebREPL fills: never by that way.
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

/** Bytes of the shortest name by which the temporary file can be put. */
function nameBytes(path: string): number {
  return utf8(`${path.slice(path.lastIndexOf('/') + 1)}.mpf00000000~`).length;
}

/** Bytes on the board, of all that are known. */
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
