import * as l10n from '@vscode/l10n';
import type {
  BoardFiles,
  Entry,
  NewFiles,
  Places,
  ReadItem,
  Space,
  Stat,
  TakeFile,
  TransferOptions,
  WalkEntry,
  WalkOptions,
  WriteItem,
} from '../boardFiles';
import { FileError } from '../errors';
import type { Session } from '../transport';
import { withContent } from './content';
import type { LinkFacts } from './linkFacts';
import { isSecretTransfer } from './secretFiles';
import type { Capabilities } from '../capabilities';
import { inSession, named, type WithSession } from './inSession';
import { parseList, parseSpace, parseStat, parseWalk } from './listing';
import { boardPath } from './paths';
import { explained, parsePlaces } from './places';
import { readEach } from './readEach';
import { readFile, readFiles } from './readFiles';
import { hashFiles, isShortList, requireHash } from './hashFiles';
import { type SizedPaths, writeChanged } from './sameFiles';
import { startFilesLast, withStartLinesKept } from './startLines';
import { VerbRunner } from './verbRunner';
import { writeBy } from './writeFiles';
import { writeNew } from './writeNew';

type Work<T> = (session: Session) => Promise<T>;

/** All file verbs on top of sessions, by the fastest method that board and link support. */
export class SessionFiles implements BoardFiles {
  readonly #own: LinkFacts = {};
  readonly #verbs: VerbRunner;

  /** @param facts returns what earlier requests on the board's open link have found out; default: those of this instance */
  constructor(
    private readonly withSession: WithSession,
    private readonly facts = () => this.#own,
  ) {
    this.#verbs = new VerbRunner(facts);
  }

  /** Returns the transfer capabilities of the board, probed once per connection. */
  capabilities(signal?: AbortSignal): Promise<Capabilities> {
    return this.#look(l10n.t('Checking the board'), signal, (session) =>
      this.#verbs.probe(session, signal),
    );
  }

  list(path: string, signal?: AbortSignal): Promise<Entry[]> {
    return this.#look(`Listing ${path}`, signal, async (session) => {
      if (session.native?.list) return session.native.list(path, signal);
      return parseList(
        await this.#verbs.run(session, 'list', boardPath(path), () => [boardPath(path)], {
          signal,
        }),
      );
    });
  }

  stat(path: string, signal?: AbortSignal): Promise<Stat> {
    return this.#look(l10n.t('Looking at {0}', path), signal, async (session) => {
      if (session.native?.stat) return session.native.stat(path, signal);
      const at = boardPath(path);
      const lines = await this.#verbs.run(session, 'stat', at, () => [at], { signal });
      const { epoch } = await this.#verbs.probe(session, signal);
      return parseStat(lines, at, epoch);
    });
  }

  walk(path: string, options: WalkOptions = {}): Promise<WalkEntry[]> {
    const { hash = false, dates = false, shallow = false, signal } = options;
    return this.#look(`Listing ${path}`, signal, async (session) => {
      if (session.native?.walk) return session.native.walk(path, options);
      const at = boardPath(path);
      // Largest size to hash; -1: none, because empty files have a hash, too.
      const most = typeof hash === 'object' ? hash.upTo : hash ? Number.MAX_SAFE_INTEGER : -1;
      const check = (can: Capabilities) => {
        if (hash) requireHash(can, at);
      };
      const dated = typeof dates === 'object' ? dates.first : dates ? Number.MAX_SAFE_INTEGER : 0;
      const args = () => [at, most, !shallow, dated];
      const lines = await this.#verbs.run(session, 'walk', at, args, { signal, check });
      return parseWalk(lines, dates ? (await this.#verbs.probe(session, signal)).epoch : undefined);
    });
  }

  hash(paths: readonly string[], signal?: AbortSignal): Promise<(string | undefined)[]> {
    return this.#look('Comparing files', signal, async (session) => {
      if (session.native?.hash) return session.native.hash(paths, signal);
      const check = (can: Capabilities) => requireHash(can, paths[0] ?? '/');
      // A short list fits into any heap, so the board is not asked for the size of its heap first.
      const heap = isShortList(paths) ? 0 : (await this.#verbs.probe(session, signal)).heap;
      return hashFiles(paths.map(boardPath), heap, (at) =>
        this.#verbs.run(session, 'hash', at[0] ?? '/', () => [at], { signal, check }),
      );
    });
  }

  read(path: string, options: TransferOptions = {}): Promise<Uint8Array> {
    return this.#work(
      `Reading ${path}`,
      options.signal,
      async (session) => {
        if (session.native?.read) return session.native.read(path, options);
        const capabilities = await this.#verbs.probe(session, options.signal);
        return readFile(session, boardPath(path), capabilities, options);
      },
      isSecretTransfer([{ path }], options.secret),
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
        const capabilities = await this.#verbs.probe(session, options.signal);
        const checked = items.map((item) => ({ ...item, path: boardPath(item.path) }));
        await readFiles(session, checked, capabilities, take, options);
      },
      isSecretTransfer(items, options.secret),
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
        } else await writeBy(this.#verbs, session, items, options);
      },
      isSecretTransfer([{ path }], options.secret),
    );
  }

  writeMany(items: readonly WriteItem[], options: TransferOptions = {}): Promise<void> {
    return this.#work(
      `Writing ${named(items)}`,
      options.signal,
      async (session) => {
        const ordered = [...items].sort(startFilesLast);
        const all = await this.#withStart(session, ordered, options);
        const write = (some: readonly WriteItem[]) =>
          session.native?.writeMany?.(some, options) ??
          writeBy(this.#verbs, session, some, options);
        const { onSame, signal } = options;
        // The agent compares every file that it is offered.
        if (!onSame || session.native?.hash) return write(all);
        const sized = (some: SizedPaths) => [some.map(([path, n]) => [boardPath(path), n])];
        const ask = (some: SizedPaths) =>
          this.#verbs.run(session, 'same', '/', () => sized(some), { signal });
        const can = () => this.#verbs.probe(session, signal);
        return writeChanged(all, { can, ask, write, onSame });
      },
      isSecretTransfer(items, options.secret),
    );
  }

  writeNew(
    items: readonly WriteItem[],
    options: TransferOptions = {},
  ): Promise<NewFiles | undefined> {
    return this.#work(
      `Writing ${named(items)}`,
      options.signal,
      async (session) => {
        if (session.native?.writeMany ?? session.native?.write) return undefined;
        return writeNew(session, items, this.facts(), options);
      },
      isSecretTransfer(items, options.secret),
    );
  }

  mkdir(path: string, options: { parents?: boolean; signal?: AbortSignal } = {}): Promise<void> {
    const { parents = false, signal } = options;
    return this.#work(`Making ${path}`, signal, async (session) => {
      if (session.native?.mkdir) return session.native.mkdir(path, options);
      const at = boardPath(path);
      await this.#verbs.run(session, 'mkdir', at, (again) => [at, parents, again], { signal });
    });
  }

  remove(path: string, options: { recursive?: boolean; signal?: AbortSignal } = {}): Promise<void> {
    const { recursive = false, signal } = options;
    return this.#work(`Deleting ${path}`, signal, async (session) => {
      if (session.native?.remove) return session.native.remove(path, options);
      const at = boardPath(path);
      await this.#verbs.run(session, 'remove', at, (again) => [at, recursive, again], { signal });
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
      await this.#verbs.run(session, 'rename', overwrite ? source : target, args, { signal });
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
      await this.#verbs.run(session, 'copy', target, args, { signal });
    });
  }

  space(path: string, signal?: AbortSignal): Promise<Space> {
    return this.#look(l10n.t('Checking free space'), signal, async (session) => {
      if (session.native?.space) return session.native.space(path, signal);
      const at = boardPath(path);
      return parseSpace(await this.#verbs.run(session, 'space', at, () => [at], { signal }));
    });
  }

  async places(signal?: AbortSignal): Promise<Places> {
    const { places } = this.facts();
    if (places) return places;
    return this.#look(l10n.t('Checking the board'), signal, async (session) => {
      if (session.native?.places) return session.native.places(signal);
      const facts = this.facts();
      facts.places ??= parsePlaces(
        await this.#verbs.run(session, 'places', '/', () => [], { signal }),
      );
      return facts.places;
    });
  }

  /** Adds the agent's start lines to start files, in the same session. */
  async #withStart(
    session: Session,
    items: readonly WriteItem[],
    { asGiven = false, signal }: TransferOptions,
  ): Promise<readonly WriteItem[]> {
    if (asGiven) return items;
    const files = new SessionFiles((work) => work(session), this.facts);
    return withStartLinesKept(items, files, signal);
  }

  /** Runs work that changes nothing and reveals no content of a file. */
  #look<T>(job: string, signal: AbortSignal | undefined, work: Work<T>): Promise<T> {
    return this.#work(job, signal, work, false, true);
  }

  /** Forgets the board's capabilities after a failure, because it may return with other firmware. */
  #work<T>(
    job: string,
    signal: AbortSignal | undefined,
    work: Work<T>,
    secret = false,
    looks = false,
  ): Promise<T> {
    const watched = async (session: Session) => {
      const facts = this.facts();
      try {
        return await work(session);
      } catch (error) {
        if (!(error instanceof FileError)) facts.capabilities = facts.places = undefined;
        throw await explained(error, async () =>
          session.native?.stat ? undefined : this.#verbs.run(session, 'places', '/', () => []),
        );
      }
    };
    return inSession(this.withSession, watched, { job, signal, secret, looks });
  }
}
