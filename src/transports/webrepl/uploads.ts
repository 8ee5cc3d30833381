import webreplFinish from '../../../board/snippets/webreplFinish.py';
import webreplLook from '../../../board/snippets/webreplLook.py';
import webreplPrepare from '../../../board/snippets/webreplPrepare.py';
import type { Clock } from '../../core/async';
import { concat, hex, text, utf8 } from '../../core/bytes';
import { FileError, PythonError } from '../../core/errors';
import type { Capabilities } from '../../core/files/capabilities';
import { sha256 } from '../../core/files/content';
import { fileError, noSpace, storeError } from '../../core/files/fileErrors';
import { isTemporaryName } from '../../core/files/paths';
import { literal, minify, quoted, rawLiteral, runVerb } from '../../core/files/snippets';
import { verbs } from '../../core/files/verbs';
import type { Session } from '../../core/transport';
import { maxNameBytes } from '../../core/webrepl/webreplProtocol';
import { putFile } from './put';
import type { WebReplStream } from './webReplStream';

/** A put says nothing of a flash that fills up: so much must be free beyond the file, or pieces of code are sent instead. */
const SPARE_BYTES = 16 * 1024;
/** Hashing a large file on a slow chip takes its time. */
const SILENCE_MS = 60_000;
/** What is known of a folder holds for so long: the board's own timers and threads may write as well. */
const KNOWN_MS = 10_000;
/** With so much heap the function of webreplLook.py may stay on the board. */
const RESIDENT_HEAP = 24_000;
/** Milliseconds for an answer behind a file that is under way, for each of its bytes: the slowest boards take some kB a second. */
const MS_PER_BYTE = 0.25;
const ANSWER_MS = 10_000;
/** LittleFS rounds up to blocks of 4 kB, and keeps its lists in more of them. */
const BLOCKS_BYTES = 16 * 1024;

export interface UploadOptions {
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (bytes: number) => void;
}

/**
 * WebREPL's own put made safe: it fills a temporary file, which is read back, hashed and renamed on the board. Into a folder
 * that is known to be there and to have room, that is one round trip; else it is looked at first. One for each connection.
 */
export class Uploads {
  /** The function of webreplLook.py is on the board. */
  #digests = false;
  /** Bytes that are free at least, by folder. */
  readonly #rooms = new Map<string, number>();
  #knownSince = 0;

  constructor(
    private readonly stream: WebReplStream,
    private readonly clock: Clock,
  ) {}

  /** Others have been at work on the board: what is known of its folders may no longer hold. */
  forget(): void {
    this.#rooms.clear();
  }

  /** A file of so many bytes has been written, with what the file system needs for itself. */
  took(bytes: number): void {
    for (const [folder, free] of this.#rooms) this.#rooms.set(folder, free - bytes - BLOCKS_BYTES);
  }

  /** False when this board or file is not fit for it; nothing has happened then. @throws FileError */
  async put(
    session: Session,
    can: Capabilities,
    path: string,
    content: Uint8Array,
    options: UploadOptions,
  ): Promise<boolean> {
    if (!can.binascii || !can.sha256 || !can.rename) return false;
    const upload = new Upload(session, can, path, content, sha256(content));
    try {
      return await this.#put(upload, options);
    } catch (error) {
      this.forget();
      // A program has taken the function away; the second time it is not that.
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

  /** Takes the function away where memory is short. */
  async end(session: Session, can: Capabilities): Promise<void> {
    if (!this.#digests || this.stream.closed || can.heap >= RESIDENT_HEAP) return;
    this.forget();
    this.#digests = false;
    await session.exec("__import__('sys').modules.pop('_mpw',None)");
  }

  /** Bytes that are free in the folder, if that is known, and enough. */
  #known({ folder, name }: Upload, needed: number): number | undefined {
    if (this.clock.now() - this.#knownSince > KNOWN_MS) this.forget();
    const room = name.startsWith('/') ? (this.#rooms.get(folder) ?? 0) : 0;
    return room >= needed ? room : undefined;
  }

  /** Bytes that are free in the folder; undefined when it is not there, or something in it must be seen to. */
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
      // What a temporary name ends in is ASCII, so that it stands in the name's literal as it is.
      const stale = names.split(/['"], ['"]|^\[['"]|['"]\]$/).some(isTemporaryName);
      if (frsize === undefined || stale || !name.startsWith('/')) return undefined;
      if (this.#rooms.size === 0) this.#knownSince = this.clock.now();
      this.#rooms.set(folder, Number(frsize) * Number(free));
      return this.#rooms.get(folder);
    } catch (error) {
      if (error instanceof PythonError) return undefined; // the slower way tells what is wrong
      throw error;
    }
  }

  /** As {@link #look} where that does not do. Gives the folder to go back to, or ''; undefined when a put will not do either. */
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
    // WebREPL's header has room for 63 bytes: a longer path is put by its name alone.
    await session.exec(call('chdir', folder));
    return home;
  }

  async #transfer(upload: Upload, { signal, onProgress }: UploadOptions): Promise<void> {
    const { session, path, temp, name, content, sum } = upload;
    const names = [`p=${literal(path)}`, `t=p+${literal(temp.slice(path.length))}`];
    const code = alone([...names, webreplFinish], sum);
    const finish = () =>
      session.exec(code, { signal, idleTimeoutMs: SILENCE_MS, answerMs: upload.patience });
    await putFile(this.stream, name, content, this.clock, { signal, onProgress }, finish);
  }

  /** Tidies up after `error`; gives what to throw in its place. */
  async #failed(upload: Upload, error: unknown): Promise<unknown> {
    if (this.stream.closed) return error;
    const { session, can, path, temp } = upload;
    // Without the caller's signal: what a cancelled upload left is to be removed.
    await session.exec(`try:\n ${call('remove', temp)}\nexcept OSError:pass`);
    if (!(error instanceof PythonError)) return error;
    if (error.type === 'MemoryError') return fileError('ENOMEM', path, error);
    if (error.type !== 'OSError') return error;
    const [what] = await runVerb(session, verbs(can).stat, () => [path], { form: can });
    if (what?.startsWith('d')) return fileError('EISDIR', path, error);
    const failure = fileError(error.detail, path, error);
    return failure.errno === 'EIO' ? ((await this.#full(upload)) ?? failure) : failure;
  }

  /** What was written is short: whether that is for want of room, of which a put says nothing. */
  async #full({ session, can, path, content, folder }: Upload): Promise<FileError | undefined> {
    if (!can.statvfs) return undefined;
    const [said] = await runVerb(session, verbs(can).space, () => [folder], { form: can });
    const free = Number(/^\d+ (\d+)$/.exec(said ?? '')?.[1] ?? Infinity);
    return free < content.length ? noSpace(path, content.length, free) : undefined;
  }
}

/** One file on its way. */
class Upload {
  readonly folder: string;
  /** The temporary file, which is the longer one: beside the file, and as it is named to the put. */
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

  /** How long the board may owe an answer that it gives only behind the file (milliseconds). */
  get patience(): number {
    return ANSWER_MS + this.content.length * MS_PER_BYTE;
  }
}

/** The code, in a name space of its own with `sum` in it. */
function alone(snippets: readonly string[], sum?: Uint8Array): Uint8Array {
  const names = sum ? concat([utf8("{'s':"), rawLiteral(sum), utf8('}')]) : utf8('{}');
  const code = quoted(snippets.map(minify).join('\n'));
  return concat([utf8(`exec(${code},`), names, utf8(')')]);
}

/** A call of a function of `os`. */
function call(name: 'chdir' | 'remove', path: string): string {
  return `__import__('os').${name}(${literal(path)})`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
