import { randomBytes } from 'node:crypto';
import webreplGet from '../../../board/snippets/webreplGet.py';
import webreplPut from '../../../board/snippets/webreplPut.py';
import type { Clock } from '../../core/async';
import type { BoardFiles, TransferOptions, WriteItem } from '../../core/boardFiles';
import { concat, hex, utf8 } from '../../core/bytes';
import { ProtocolError, PythonError } from '../../core/errors';
import { probeCapabilities, type Capabilities } from '../../core/files/capabilities';
import { sha256 } from '../../core/files/content';
import { linesOrError, storeError } from '../../core/files/fileErrors';
import { boardPath, checkWritable } from '../../core/files/paths';
import { Answer, literal, runVerb, type Argument } from '../../core/files/snippets';
import { verbs } from '../../core/files/verbs';
import { writeFiles } from '../../core/files/writeFiles';
import type { Session } from '../../core/transport';
import { maxNameBytes } from '../../core/webrepl/webreplProtocol';
import { putFile } from './put';
import type { WebReplStream } from './webReplStream';

/** Below this the code around a put is longer than the file: it goes as a piece of code. */
const SMALL_BYTES = 2048;
/** A put says nothing of a flash that fills up: so much must be free beyond the file, or pieces of code are sent instead. */
const SPARE_BYTES = 16 * 1024;
/** Hashing a large file on a slow chip takes its time. */
const SILENCE_MS = 60_000;
/** With so much heap the store (some 6 kB) may stay on the board between two uploads. */
const RESIDENT_HEAP = 96_000;
const MARK_BYTES = 8;

/** Reading and writing by WebREPL's own means, verified like all else. */
export class WebReplFiles {
  #can: Promise<Capabilities> | undefined;
  readonly #store = { there: false };

  constructor(
    private readonly stream: WebReplStream,
    private readonly clock: Clock,
  ) {}

  /** For `Session.native`. */
  over(session: Session): Partial<BoardFiles> {
    return {
      read: (path, options = {}) => this.#read(session, boardPath(path), options),
      write: (path, content, options = {}) => this.#writeAll(session, [{ path, content }], options),
      writeMany: (items, options = {}) => this.#writeAll(session, items, options),
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
    const puts = new Puts(session, this.stream, this.clock, can, options.signal, this.#store);
    const progress = new Progress(items, options);
    try {
      for (const item of items) {
        const path = boardPath(item.path);
        const content = typeof item.content === 'function' ? await item.content() : item.content;
        const onProgress = (bytes: number) => progress.at(path, bytes, content.length);
        const put =
          content.length >= SMALL_BYTES &&
          nameBytes(path) <= maxNameBytes &&
          (await puts.put(path, content, onProgress));
        if (!put)
          await writeFiles(session, [{ path, content }], pieces, { signal: options.signal });
        progress.finish(path, content.length);
      }
    } finally {
      await puts.end();
    }
  }
}

/** Bytes of the shortest name by which the temporary file can be put. */
function nameBytes(path: string): number {
  return utf8(`${path.slice(path.lastIndexOf('/') + 1)}.mpf00000000~`).length;
}

/** One put after the other: the store on the board is set up once. */
class Puts {
  /** Nothing is unfinished on the board. */
  #idle = true;

  constructor(
    private readonly session: Session,
    private readonly stream: WebReplStream,
    private readonly clock: Clock,
    private readonly can: Capabilities,
    private readonly signal: AbortSignal | undefined,
    /** Whether the store is on the board; outlives the session where the board has the memory. */
    private readonly store: { there: boolean },
  ) {}

  /** False when this board or file is not fit for it; nothing has happened then. @throws FileError */
  async put(
    path: string,
    content: Uint8Array,
    onProgress: (bytes: number) => void,
  ): Promise<boolean> {
    const { binascii, sha256: hashes, rename } = this.can;
    if (!binascii || !hashes || !rename) return false;
    const sum = sha256(content);
    // Base64: with a short path the request then fits into raw-paste's first window.
    const lines = await this.#begin([path, content.length, base64(sum)]);
    const error = storeError(lines, () => path);
    if (error) throw error;
    const free = Number(/^room (-?\d+)$/m.exec(lines.join('\n'))?.[1] ?? 0);
    if (free >= 0 && free < content.length + SPARE_BYTES) {
      await this.#ask('drop', [], this.signal);
      return false;
    }
    const temp = `${path}.mpf${hex(sum.subarray(0, 4))}~`;
    const name = utf8(temp).length > maxNameBytes ? temp.slice(temp.lastIndexOf('/') + 1) : temp;
    const options = { signal: this.signal, onProgress };
    const finish = () => this.#ask('finish', [], this.signal);
    const said = await putFile(this.stream, name, content, this.clock, options, finish);
    const failed = storeError(said, () => path);
    if (failed) throw failed;
    this.#idle = true;
    return true;
  }

  /** Takes the store away, and what it has not finished. */
  async end(): Promise<void> {
    if (!this.store.there || this.stream.closed) return;
    if (this.#idle && this.can.heap >= RESIDENT_HEAP) return;
    this.store.there = false;
    // Without the caller's signal: what a cancelled upload left is to be removed.
    await this.session.exec("s=__import__('sys').modules.pop('_mpf',None)\nif s:s.drop()\ndel s");
  }

  async #begin(args: readonly Argument[]): Promise<readonly string[]> {
    this.#idle = false;
    if (this.store.there) {
      const lines = await this.#again(args);
      if (lines) return lines;
    }
    this.store.there = true;
    const code = [...verbs(this.can).put.slice(0, -1), webreplPut];
    return runVerb(this.session, code, () => args, { signal: this.signal, form: this.can });
  }

  /** Undefined when the store has gone: a program has reset the interpreter, or tidied up. */
  async #again(args: readonly Argument[]): Promise<readonly string[] | undefined> {
    try {
      return await this.#ask('begin', args, this.signal);
    } catch (error) {
      if (error instanceof PythonError && /KeyError|AttributeError/.test(error.type))
        return undefined;
      throw error;
    }
  }

  async #ask(
    step: 'begin' | 'finish' | 'drop',
    args: readonly Argument[],
    signal: AbortSignal | undefined,
  ): Promise<readonly string[]> {
    const answer = new Answer(this.can.binascii);
    const words = [`'${step}'`, ...args.map(literal)].join(',');
    await this.session.exec(`__import__('sys').modules['_mpf'].ask(${words})`, {
      signal,
      idleTimeoutMs: SILENCE_MS,
      onStdout: (chunk) => answer.feed(chunk),
    });
    if (!answer.whole) throw new ProtocolError('The board’s answer to an upload came damaged');
    return answer.lines;
  }
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
