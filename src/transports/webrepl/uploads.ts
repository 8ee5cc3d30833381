import webreplFinish from '../../../board/snippets/webreplFinish.py';
import webreplLook from '../../../board/snippets/webreplLook.py';
import webreplPrepare from '../../../board/snippets/webreplPrepare.py';
import type { Clock } from '../../core/async';
import { concat, hex, text, utf8 } from '../../core/bytes';
import { FileError, PythonError } from '../../core/errors';
import type { Capabilities } from '../../core/capabilities';
import {
  fileError,
  isTemporaryName,
  literal,
  minify,
  noSpace,
  quoted,
  rawLiteral,
  runVerb,
  storeError,
  verbs,
} from '../../core/files';
import { sha256Bytes } from '../../core/hash';
import type { Session } from '../../core/transport';
import { maxNameBytes } from '../../core/webrepl/webreplProtocol';
import { putFile } from './put';
import type { WebReplStream } from './webReplStream';

/**
 * A put does not report a full flash, so this many bytes must be free beyond the file; otherwise
 * pieces of code are sent.
 */
const SPARE_BYTES = 16 * 1024;
/** Milliseconds; hashing a large file on a slow chip takes long. */
const SILENCE_MS = 60_000;
/**
 * Milliseconds for which cached facts about a folder hold, because the board's own timers and
 * threads may write as well.
 */
const KNOWN_MS = 10_000;
/**
 * With at least this much free heap (bytes), the function of webreplLook.py may stay on the board.
 */
const RESIDENT_HEAP = 24_000;
/**
 * Milliseconds allowed per byte of a file in transit before an answer that follows it. The slowest
 * boards accept some kB per second.
 */
const MS_PER_BYTE = 0.25;
const ANSWER_MS = 10_000;
/** LittleFS rounds up to blocks of 4 kB and uses more of them for its metadata. */
const BLOCKS_BYTES = 16 * 1024;

/** Cancellation and progress of an upload. */
export interface UploadOptions {
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (bytes: number) => void;
}

/**
 * Makes WebREPL's own put safe: it fills a temporary file, which is read back, hashed and renamed
 * on the board. If the folder is known to exist and to have room, this takes one round trip;
 * otherwise the folder is checked first. One instance per connection.
 */
export class Uploads {
  /** The function of webreplLook.py is on the board. */
  #digests = false;
  /** By folder: a lower bound of its free bytes. */
  readonly #rooms = new Map<string, number>();
  #knownSince = 0;

  constructor(
    private readonly stream: WebReplStream,
    private readonly clock: Clock,
  ) {}

  /** Others have used the board, so cached facts about its folders may be outdated. */
  forget(): void {
    this.#rooms.clear();
  }

  /** Subtracts a written file of `bytes` bytes, plus the file system's overhead. */
  took(bytes: number): void {
    for (const [folder, free] of this.#rooms) this.#rooms.set(folder, free - bytes - BLOCKS_BYTES);
  }

  /** Returns false, without any effect, if this board or file is not suitable. @throws FileError */
  async put(
    session: Session,
    can: Capabilities,
    path: string,
    content: Uint8Array,
    options: UploadOptions,
  ): Promise<boolean> {
    if (!can.binascii || !can.sha256 || !can.rename) return false;
    const upload = new Upload(session, can, path, content, sha256Bytes(content));
    try {
      return await this.#put(upload, options);
    } catch (error) {
      this.forget();
      // A program may have removed the function; a second failure has another cause.
      if (error instanceof PythonError && error.type === 'KeyError') {
        return await this.#put(upload, options);
      }
      throw error;
    }
  }

  async #put(upload: Upload, options: UploadOptions): Promise<boolean> {
    const needed = upload.content.length + SPARE_BYTES;
    const room = this.#known(upload, needed) ?? (await this.#look(upload, options.signal)) ?? 0;
    const back = room >= needed ? '' : await this.#prepare(upload, options.signal);
    if (back === undefined) return false;
    try {
      await this.#transfer(upload, options);
    } catch (error) {
      throw await this.#failed(upload, error);
    } finally {
      if (back && !this.stream.closed) await upload.session.exec(call('chdir', back));
    }
    this.took(upload.content.length);
    return true;
  }

  /** Removes the function if memory is short. */
  async end(session: Session, can: Capabilities): Promise<void> {
    if (!this.#digests || this.stream.closed || can.heap >= RESIDENT_HEAP) return;
    this.forget();
    this.#digests = false;
    await session.exec("__import__('sys').modules.pop('_mpw',None)");
  }

  /** Returns the free bytes in the folder, if cached and sufficient. */
  #known({ folder, name }: Upload, needed: number): number | undefined {
    if (this.clock.now() - this.#knownSince > KNOWN_MS) this.forget();
    const room = name.startsWith('/') ? (this.#rooms.get(folder) ?? 0) : 0;
    return room >= needed ? room : undefined;
  }

  /**
   * Returns the free bytes in the folder; undefined if it does not exist, or contains something
   * that needs attention.
   */
  async #look(
    { session, can, folder, name }: Upload,
    signal: AbortSignal | undefined,
  ): Promise<number | undefined> {
    const block = can.heap >= 48_000 ? 4096 : 512;
    const code = alone([`z=${block}`, `d=${literal(folder)}`, webreplLook]);
    try {
      this.#digests = true;
      const said = text(await session.exec(code, { signal, idleTimeoutMs: SILENCE_MS }));
      const [, frsize, free, names = ''] =
        /^\(\d+, (\d+), \d+, (\d+), [^)]*\) (\[.*\])\r\n$/.exec(said) ?? [];
      // The suffix of a temporary name is ASCII, so it appears unescaped in the name's literal.
      const stale = names.split(/['"], ['"]|^\[['"]|['"]\]$/).some(isTemporaryName);
      if (frsize === undefined || stale || !name.startsWith('/')) return undefined;
      if (this.#rooms.size === 0) this.#knownSince = this.clock.now();
      this.#rooms.set(folder, Number(frsize) * Number(free));
      return this.#rooms.get(folder);
    } catch (error) {
      if (error instanceof PythonError) return undefined; // the slower method then reports the cause
      throw error;
    }
  }

  /**
   * Prepares like {@link #look} where that is not enough. Returns the folder to return to, or '';
   * undefined if a put is not possible either.
   */
  async #prepare(upload: Upload, signal: AbortSignal | undefined): Promise<string | undefined> {
    const { session, can, path, content, sum, folder } = upload;
    const code = [...verbs(can).put.slice(0, -1), webreplPrepare];
    const args = [path, content.length, base64(sum), SPARE_BYTES];
    const lines = await runVerb(session, code, () => args, { signal, form: can });
    const error = storeError(lines, () => path);
    if (error) throw error;
    const [, free, home = '/'] = /^room (-?\d+) (.*)$/m.exec(lines.join('\n')) ?? [];
    if (Number(free) >= 0 && Number(free) < content.length + SPARE_BYTES) return undefined;
    if (upload.name.startsWith('/')) return '';
    // WebREPL's header has room for 63 bytes: for a longer path, change the folder and put by name.
    await session.exec(call('chdir', folder));
    return home;
  }

  async #transfer(upload: Upload, { signal, onProgress }: UploadOptions): Promise<void> {
    const { session, path, temp, name, content, sum } = upload;
    const names = [`p=${literal(path)}`, `t=p+${literal(temp.slice(path.length))}`];
    const code = alone([...names, webreplFinish], sum);
    const { patience } = upload;
    const idleTimeoutMs = Math.max(SILENCE_MS, patience); // hashing is silent until it is done
    const finish = () => session.exec(code, { signal, idleTimeoutMs, answerMs: patience });
    await putFile(this.stream, name, content, this.clock, { signal, onProgress }, finish);
  }

  /** Cleans up after `error` and returns the error to throw. */
  async #failed(upload: Upload, error: unknown): Promise<unknown> {
    if (this.stream.closed) return error;
    const { session, can, path, temp } = upload;
    // Without the caller's signal, because leftovers of a cancelled upload must be removed.
    await session.exec(`try:\n ${call('remove', temp)}\nexcept OSError:pass`);
    if (!(error instanceof PythonError)) return error;
    if (error.type === 'MemoryError') return fileError('ENOMEM', path, error);
    if (error.type !== 'OSError') return error;
    const [what] = await runVerb(session, verbs(can).stat, () => [path], { form: can });
    if (what?.startsWith('d')) return fileError('EISDIR', path, error);
    const failure = fileError(error.detail, path, error);
    return failure.errno === 'EIO' ? ((await this.#full(upload)) ?? failure) : failure;
  }

  /**
   * Returns an error if the flash is full, after a file turned out too short: a put does not report
   * that.
   */
  async #full({ session, can, path, content, folder }: Upload): Promise<FileError | undefined> {
    if (!can.statvfs) return undefined;
    const [said] = await runVerb(session, verbs(can).space, () => [folder], { form: can });
    const free = Number(/^\d+ (\d+)$/.exec(said ?? '')?.[1] ?? Infinity);
    return free < content.length ? noSpace(path, content.length, free) : undefined;
  }
}

/** One file in transit. */
class Upload {
  readonly folder: string;
  /**
   * Path of the temporary file, and its name in the put. The path is longer than the file's own.
   */
  readonly temp: string;
  readonly name: string;

  constructor(
    readonly session: Session,
    readonly can: Capabilities,
    readonly path: string,
    readonly content: Uint8Array,
    readonly sum: Uint8Array,
  ) {
    this.folder = path.slice(0, path.lastIndexOf('/')) || '/';
    this.temp = `${path}.mpf${hex(sum.subarray(0, 4))}~`;
    const fits = utf8(this.temp).length <= maxNameBytes;
    this.name = fits ? this.temp : this.temp.slice(this.temp.lastIndexOf('/') + 1);
  }

  /** Milliseconds that the board may take for an answer that follows the file. */
  get patience(): number {
    return ANSWER_MS + this.content.length * MS_PER_BYTE;
  }
}

/** Wraps the code in its own namespace that contains `sum`. */
function alone(snippets: readonly string[], sum?: Uint8Array): Uint8Array {
  const names = sum ? concat([utf8("{'s':"), rawLiteral(sum), utf8('}')]) : utf8('{}');
  const code = quoted(snippets.map(minify).join('\n'));
  return concat([utf8(`exec(${code},`), names, utf8(')')]);
}

/** Returns code that calls a function of `os`. */
function call(name: 'chdir' | 'remove', path: string): string {
  return `__import__('os').${name}(${literal(path)})`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
