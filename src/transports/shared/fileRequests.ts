import type { BoardFiles, Stat } from '../../core/boardFiles';
import { FileError } from '../../core/errors';
import { Op, type OpCode } from '../../core/agent';
import type { HostSession } from './hostSessions';
import { checkPath, join, Reach } from './reach';
import { Refusal } from './refusal';

type Json = Readonly<Record<string, unknown>>;
type Row = readonly (string | number | null)[];

/** Largest file in bytes that is read for a colleague. It is held in memory. */
const MOST_READ = 16 * 1024 * 1024;
/** Milliseconds for which a list is kept for its next pages. */
const KEPT_MS = 15_000;
/** Bytes of a page in addition to its entries. */
const PAGE_EXTRA = 32;

/** A file to be sent for GET. */
export interface ReadFile {
  readonly content: Uint8Array;
  readonly mtime: number;
}

/** Handles requests for files with the board's own verbs (docs/protocol.md sections 5 and 7). */
export class FileRequests {
  readonly #reach: Reach;
  #list: { readonly key: string; readonly at: number; readonly rows: readonly Row[] } | undefined;

  constructor(
    private readonly files: BoardFiles,
    private readonly mtu: number,
    private readonly now: () => number,
  ) {
    this.#reach = new Reach(files);
  }

  /**
   * Answers a request that needs the board and has one answer.
   * @throws Refusal, FileError and the errors of file verbs
   */
  async answer(
    session: HostSession,
    op: OpCode,
    json: Json,
    signal: AbortSignal,
  ): Promise<object | Uint8Array> {
    switch (op) {
      case Op.stat:
        return statOf(await this.files.stat(checkPath(json.p), signal));
      case Op.list:
        return this.#page(session, op, json, () => this.#listed(json, signal));
      case Op.hash:
        return this.#page(session, op, json, () => this.#hashed(session, json, signal));
      case Op.mkdir:
        await this.files.mkdir(checkPath(json.p), { parents: Boolean(json.par), signal });
        break;
      case Op.rm:
        await this.#remove(json, signal);
        return { n: 1 };
      case Op.mv:
        await this.#move(session, json, signal);
        break;
      default: {
        const { total, free } = await this.files.space(checkPath(json.p ?? '/'), signal);
        return { n: total, f: free };
      }
    }
    return {};
  }

  async read(session: HostSession, json: Json, signal: AbortSignal): Promise<ReadFile> {
    const path = checkPath(json.p);
    await this.#reach.requireReadable(session, path, signal);
    const { type, size, mtime = 0 } = await this.files.stat(path, signal);
    if (type === 'dir') throw new Refusal('EISDIR', 'that is a folder', { p: path });
    if (size > MOST_READ) {
      throw new Refusal('ETOOBIG', 'files of more than 16 MiB go over the cable only', { p: path });
    }
    return { content: await this.files.read(path, { signal }), mtime };
  }

  /** Returns whether the file already has this content. */
  async isSame(path: string, size: number, sha256: string, signal: AbortSignal): Promise<boolean> {
    const there = await this.files.stat(path, signal).catch(missing);
    if (there?.type === 'dir') {
      throw new Refusal('EISDIR', 'there is a folder of that name', { p: path });
    }
    if (there?.size !== size) return false;
    return (await this.files.hash([path], signal))[0] === sha256;
  }

  write(path: string, content: Uint8Array, signal: AbortSignal): Promise<void> {
    return this.files.write(path, content, { signal });
  }

  async #listed({ p, r }: Json, signal: AbortSignal): Promise<Row[]> {
    const path = checkPath(p);
    if (!r) return (await this.files.list(path, signal)).map((e) => rowOf(e.name, e));
    const entries = await this.files.walk(path, { dates: true, signal });
    return entries.map((e) => rowOf(below(path, e.path), e));
  }

  async #hashed(session: HostSession, { p, l, r = 1 }: Json, signal: AbortSignal): Promise<Row[]> {
    const shown = (path: string, hash: string | undefined) =>
      hash !== undefined && this.#reach.mayHash(session, path) ? hash : null;
    if (Array.isArray(l)) {
      const paths = l.map(checkPath);
      const hashes = await this.files.hash(paths, signal);
      return paths.map((path, i) => {
        const hash = hashes[i];
        return [path, hash === undefined ? '-' : 'f', 0, 0, shown(path, hash)];
      });
    }
    const path = checkPath(p);
    const at = await this.files.stat(path, signal);
    if (at.type === 'file') {
      const [hash] = await this.files.hash([path], signal);
      return [[...rowOf(path, at), shown(path, hash)]];
    }
    const entries = await this.files.walk(path, { hash: true, shallow: !r, signal });
    return entries.map((e) => [...rowOf(below(path, e.path), e), shown(e.path, e.sha256)]);
  }

  /** Returns one page of a list. The list is kept for its next pages, because the cable is slow. */
  async #page(
    session: HostSession,
    op: OpCode,
    json: Json,
    make: () => Promise<readonly Row[]>,
  ): Promise<Uint8Array> {
    const at = Number(json.c ?? 0);
    if (!Number.isInteger(at) || at < 0) throw new Refusal('EINVAL', 'c');
    const key = `${session.id} ${op} ${JSON.stringify([json.p, json.l, json.r])}`;
    const kept = at > 0 && this.#list?.key === key ? this.#list : undefined;
    const isKept = kept !== undefined && this.now() - kept.at < KEPT_MS;
    const rows = isKept ? kept.rows : await make();
    const page: string[] = [];
    let used = PAGE_EXTRA;
    for (const row of rows.slice(at)) {
      const entry = JSON.stringify(row);
      used += Buffer.byteLength(entry) + 1;
      if (used > this.mtu) break;
      page.push(entry);
    }
    const next = at + page.length;
    const hasMore = next < rows.length;
    if (hasMore && page.length === 0) throw new Refusal('ETOOBIG', 'an entry does not fit a frame');
    this.#list = hasMore ? { key, at: this.now(), rows } : undefined;
    return Buffer.from(`{"l":[${page.join(',')}]${hasMore ? `,"c":${next}` : ''}}`);
  }

  async #remove({ p, r }: Json, signal: AbortSignal): Promise<void> {
    const path = checkPath(p);
    if (path === '/') throw new Refusal('EINVAL', 'not the root folder');
    await this.files.remove(path, { recursive: Boolean(r), signal });
  }

  async #move(session: HostSession, { p, to, o, cp }: Json, signal: AbortSignal): Promise<void> {
    const [from, target] = [checkPath(p), checkPath(to)];
    await this.#reach.requireReadable(session, from, signal);
    if (from === target) return;
    if (target.startsWith(`${from}/`)) {
      throw new Refusal('EINVAL', 'a folder cannot go into itself', { p: target });
    }
    const options = { overwrite: Boolean(o), signal };
    if (cp) await this.files.copy(from, target, options);
    else await this.files.rename(from, target, options);
  }
}

function statOf({ type, size, mtime = 0 }: Stat): object {
  return { t: type === 'dir' ? 'd' : 'f', n: size, m: mtime };
}

function rowOf(name: string, { type, size, mtime = 0 }: Stat): Row {
  return [name, type === 'dir' ? 'd' : 'f', size, mtime];
}

function below(folder: string, path: string): string {
  return path.slice(join(folder, '').length);
}

function missing(error: unknown): undefined {
  if (error instanceof FileError && error.errno === 'ENOENT') return undefined;
  throw error;
}
