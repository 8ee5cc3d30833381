import type {
  BoardFiles,
  Entry,
  ReadItem,
  Space,
  Stat,
  TakeFile,
  TransferOptions,
  WalkEntry,
  WalkOptions,
  WriteItem,
} from '../boardFiles';
import { abortError, throwIfAborted } from '../async';
import { FileError, ProtocolError } from '../errors';
import type { Session, SessionOptions } from '../transport';
import { probeCapabilities, type Capabilities } from './capabilities';
import { linesOrError } from './fileErrors';
import { hexSum, parseList, parseWalk } from './listing';
import { boardPath } from './paths';
import { readEach } from './readEach';
import { readFile, readFiles } from './readFiles';
import { runVerb, type Argument } from './snippets';
import { isStartFile, keepStartLines } from './startLines';
import { verbs, type Verb } from './verbs';
import { withContent, writeFiles, writeUnasked } from './writeFiles';

/** How a session is had: Board.withSession, or a transport's own. `job`: a few words for the tree while it lasts. */
export type WithSession = <T>(
  work: (session: Session) => Promise<T>,
  options?: SessionOptions & { job?: string },
) => Promise<T>;

/** Every file verb over sessions, by the fastest way that board and link can go. One for each board. */
export class SessionFiles implements BoardFiles {
  #known: Promise<Capabilities> | undefined;

  constructor(private readonly withSession: WithSession) {}

  /** What the board can do for transfers; asked once a connection. */
  capabilities(signal?: AbortSignal): Promise<Capabilities> {
    return this.#work('Looking at the board', signal, (session) => this.#probe(session, signal));
  }

  list(path: string, signal?: AbortSignal): Promise<Entry[]> {
    return this.#work(`Listing ${path}`, signal, async (session) => {
      if (session.native?.list) return session.native.list(path, signal);
      return parseList(
        await this.#run(session, 'list', boardPath(path), () => [boardPath(path)], signal),
      );
    });
  }

  stat(path: string, signal?: AbortSignal): Promise<Stat> {
    return this.#work(`Looking at ${path}`, signal, async (session) => {
      if (session.native?.stat) return session.native.stat(path, signal);
      const at = boardPath(path);
      const lines = await this.#run(session, 'stat', at, () => [at], signal);
      const [, type, size, mtime] = /^([df]) (\d+) (-?\d+)$/.exec(lines[0] ?? '') ?? [];
      if (type === undefined)
        throw new ProtocolError(`The board's answer about ${at} makes no sense`);
      const { epoch } = await this.#probe(session, signal);
      const time =
        epoch === undefined || Number(mtime) <= 0 ? {} : { mtime: Number(mtime) + epoch };
      return { type: type === 'd' ? 'dir' : 'file', size: Number(size), ...time };
    });
  }

  walk(path: string, options: WalkOptions = {}): Promise<WalkEntry[]> {
    const { hash = false, signal } = options;
    return this.#work(`Listing ${path}`, signal, async (session) => {
      if (session.native?.walk) return session.native.walk(path, options);
      const at = boardPath(path);
      // Largest size that is hashed; -1: none, since an empty file has a hash as well.
      const most = typeof hash === 'object' ? hash.upTo : hash ? Number.MAX_SAFE_INTEGER : -1;
      return parseWalk(await this.#run(session, 'walk', at, () => [at, most], signal));
    });
  }

  hash(paths: readonly string[], signal?: AbortSignal): Promise<(string | undefined)[]> {
    return this.#work('Comparing files', signal, async (session) => {
      if (session.native?.hash) return session.native.hash(paths, signal);
      const at = paths.map(boardPath);
      const lines = await this.#run(session, 'hash', at[0] ?? '/', () => [at], signal);
      return at.map((_, index) => hexSum(lines[index] ?? '-'));
    });
  }

  read(path: string, options: TransferOptions = {}): Promise<Uint8Array> {
    return this.#work(
      `Reading ${path}`,
      options.signal,
      async (session) => {
        if (session.native?.read) return session.native.read(path, options);
        const capabilities = await this.#probe(session, options.signal);
        return readFile(session, boardPath(path), capabilities, options);
      },
      options.secret,
    );
  }

  readMany(
    items: readonly ReadItem[],
    take: TakeFile,
    options: TransferOptions = {},
  ): Promise<void> {
    return this.#work(
      `Reading ${named(items)}`,
      options.signal,
      async (session) => {
        if (session.native?.readMany) return session.native.readMany(items, take, options);
        const read = session.native?.read?.bind(session.native);
        if (read) return readEach(items, read, take, options);
        const capabilities = await this.#probe(session, options.signal);
        const checked = items.map((item) => ({ ...item, path: boardPath(item.path) }));
        await readFiles(session, checked, capabilities, take, options);
      },
      options.secret,
    );
  }

  write(path: string, content: Uint8Array, options: TransferOptions = {}): Promise<void> {
    return this.#work(
      `Writing ${path}`,
      options.signal,
      async (session) => {
        const items = await this.#withStart(session, [{ path, content }], options);
        if (session.native?.write) {
          for (const item of items)
            await session.native.write(path, (await withContent(item)).content, options);
        } else await this.#write(session, items, options);
      },
      options.secret,
    );
  }

  writeMany(items: readonly WriteItem[], options: TransferOptions = {}): Promise<void> {
    return this.#work(
      `Writing ${named(items)}`,
      options.signal,
      async (session) => {
        const all = await this.#withStart(session, items, options);
        if (session.native?.writeMany) return session.native.writeMany(all, options);
        await this.#write(session, all, options);
      },
      options.secret,
    );
  }

  mkdir(path: string, options: { parents?: boolean; signal?: AbortSignal } = {}): Promise<void> {
    const { parents = false, signal } = options;
    return this.#work(`Making ${path}`, signal, async (session) => {
      if (session.native?.mkdir) return session.native.mkdir(path, options);
      const at = boardPath(path);
      await this.#run(session, 'mkdir', at, (again) => [at, parents, again], signal);
    });
  }

  remove(path: string, options: { recursive?: boolean; signal?: AbortSignal } = {}): Promise<void> {
    const { recursive = false, signal } = options;
    return this.#work(`Deleting ${path}`, signal, async (session) => {
      if (session.native?.remove) return session.native.remove(path, options);
      const at = boardPath(path);
      await this.#run(session, 'remove', at, (again) => [at, recursive, again], signal);
    });
  }

  rename(
    from: string,
    to: string,
    options: { overwrite?: boolean; signal?: AbortSignal } = {},
  ): Promise<void> {
    const { overwrite = false, signal } = options;
    return this.#work(`Renaming ${from}`, signal, async (session) => {
      if (session.native?.rename) return session.native.rename(from, to, options);
      const [source, target] = [boardPath(from), boardPath(to)];
      const args = (again: boolean) => [source, target, overwrite, again];
      await this.#run(session, 'rename', overwrite ? source : target, args, signal);
    });
  }

  copy(
    from: string,
    to: string,
    options: { overwrite?: boolean; signal?: AbortSignal } = {},
  ): Promise<void> {
    const { overwrite = false, signal } = options;
    return this.#work(`Copying ${from}`, signal, async (session) => {
      if (session.native?.copy) return session.native.copy(from, to, options);
      const [source, target] = [boardPath(from), boardPath(to)];
      const args = (again: boolean) => [source, target, overwrite || again];
      await this.#run(session, 'copy', target, args, signal);
    });
  }

  space(path: string, signal?: AbortSignal): Promise<Space> {
    return this.#work('Looking for free space', signal, async (session) => {
      if (session.native?.space) return session.native.space(path, signal);
      const at = boardPath(path);
      const [line] = await this.#run(session, 'space', at, () => [at], signal);
      const [, total, free] = /^(\d+) (\d+)$/.exec(line ?? '') ?? [];
      if (total === undefined)
        throw new ProtocolError("The board's answer about its space makes no sense");
      return { total: Number(total), free: Number(free) };
    });
  }

  /** Start files with the lines that start the agent, in the same session. */
  async #withStart(
    session: Session,
    items: readonly WriteItem[],
    { asGiven = false, signal }: TransferOptions,
  ): Promise<readonly WriteItem[]> {
    if (asGiven || !items.some((item) => isStartFile(item.path))) return items;
    const files = new SessionFiles((work) => work(session));
    files.#known = this.#known;
    const all: WriteItem[] = [];
    for (const item of items) {
      if (!isStartFile(item.path)) all.push(item);
      else {
        const { path, content } = await withContent(item);
        all.push({ path, content: await keepStartLines(path, content, files, signal) });
      }
    }
    this.#known = files.#known;
    return all;
  }

  async #write(session: Session, items: readonly WriteItem[], options: TransferOptions) {
    const checked = items.map((item) => ({ ...item, path: boardPath(item.path) }));
    const [only] = checked;
    if (only && checked.length === 1) checked[0] = await withContent(only);
    if (!this.#known && (await writeUnasked(session, checked, options))) return;
    const capabilities = await this.#probe(session, options.signal);
    await writeFiles(session, checked, capabilities, options);
  }

  /** Runs a verb; an errno that it reports is about `path`. */
  async #run(
    session: Session,
    verb: Verb,
    path: string,
    args: (again: boolean) => readonly Argument[],
    signal?: AbortSignal,
  ): Promise<readonly string[]> {
    const form = await this.#probe(session, signal);
    return linesOrError(await runVerb(session, verbs(form)[verb], args, { signal, form }), path);
  }

  #probe(session: Session, signal?: AbortSignal): Promise<Capabilities> {
    this.#known ??= session.capabilities?.(signal) ?? probeCapabilities(session, signal);
    return this.#known;
  }

  /**
   * Runs `work` in a session. The signal ends the waiting for it; from then on it is the work's own matter, which may have to
   * tidy up on the board. What is known of the board is forgotten after a failure: it may be another firmware when it is back.
   */
  async #work<T>(
    job: string,
    signal: AbortSignal | undefined,
    work: (session: Session) => Promise<T>,
    secret = false,
  ): Promise<T> {
    const waiting = new AbortController();
    const stopWaiting = () => waiting.abort(signal && abortError(signal));
    const watched = async (session: Session) => {
      signal?.removeEventListener('abort', stopWaiting);
      throwIfAborted(signal);
      try {
        return await work(session);
      } catch (error) {
        if (!(error instanceof FileError)) this.#known = undefined;
        throw error;
      }
    };
    throwIfAborted(signal);
    signal?.addEventListener('abort', stopWaiting);
    try {
      return await this.withSession(watched, { job, signal: waiting.signal, secret });
    } finally {
      signal?.removeEventListener('abort', stopWaiting);
    }
  }
}

/** `/main.py`, or `3 files`. */
function named(items: readonly { readonly path: string }[]): string {
  const [first] = items;
  return items.length === 1 && first ? first.path : `${items.length} files`;
}
